"""Computes which score of each evaluation a ladder release has shown to its team.

The scores are a pure function of committed rows. Evaluations count in the order in which they were
scored, so a score that has been shown never changes. Withdrawn and disqualified submissions count,
since their scores have been shown.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluator.metrics.ladder import next_rung
from webapp.database.models import Evaluation, EvaluationState, Phase, Submission
from webapp.services.release.current_evaluations import is_current_evaluation

LADDER_STEP = 0.02
"""Improvement that a score needs to be shown, and the grid to which it is rounded: about a standard
error of kappa on 100 patients. Two hundred probing attempts learn nothing from it (ADR 11)."""


def ladder_scores(session: Session, phase_ids: Collection[int]) -> Mapping[int, float]:
    """Return the shown score of each scored evaluation of the phases, by evaluation."""
    scored = session.execute(
        select(Submission.phase_id, Submission.team_id, Evaluation.id, Evaluation.score)
        .join(Submission, Submission.id == Evaluation.submission_id)
        .join(Phase, Phase.id == Submission.phase_id)
        .where(
            is_current_evaluation(),
            Submission.phase_id.in_(phase_ids),
            Evaluation.state == EvaluationState.SCORED,
            Evaluation.score.is_not(None),
        )
        .order_by(Evaluation.finished_at, Evaluation.id)
    )
    best: dict[tuple[int, int], float] = {}
    shown: dict[int, float] = {}
    for phase_id, team_id, evaluation_id, score in scored:
        if score is not None:
            rung = next_rung(score, best.get((phase_id, team_id)), LADDER_STEP, LADDER_STEP)
            best[phase_id, team_id] = shown[evaluation_id] = rung.shown
    return shown
