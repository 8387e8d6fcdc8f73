"""Selects the evaluation of a submission that counts at this moment."""

from sqlalchemy import ColumnElement, and_

from webapp.database.models import Evaluation, Phase, Submission


def is_current_evaluation() -> ColumnElement[bool]:
    """Return the condition that joins a submission to its evaluation for the phase's pair."""
    return and_(
        Evaluation.submission_id == Submission.id,
        Evaluation.scoring == Phase.scoring,
        Evaluation.truth_version == Phase.truth_version,
    )
