"""Which evaluation of a submission counts at this moment."""

from sqlalchemy import ColumnElement, and_

from webapp.database.models import Evaluation, Phase, Submission


def is_current_evaluation() -> ColumnElement[bool]:
    """Return the join of a submission's evaluation for its phase's present pair."""
    return and_(
        Evaluation.submission_id == Submission.id,
        Evaluation.scoring == Phase.scoring,
        Evaluation.truth_version == Phase.truth_version,
    )
