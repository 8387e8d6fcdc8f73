"""The ladder release: which score of each evaluation a team has been shown, rung by rung.

A pure function of committed rows. Evaluations count in the order in which they were scored, so
what has been shown once never changes; withdrawn and disqualified ones were shown too, and count.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluator.metrics.ladder import climb
from webapp.database.models import Evaluation, EvaluationState, Phase, Submission
from webapp.services.release.current_evaluations import is_current_evaluation

LADDER_STEP = 0.02
"""Improvement that a score needs to be shown, and the grid on which it is: about a standard error
of kappa on 100 patients. Two hundred probing attempts learn nothing from it (ADR 11)."""


def ladder_scores(session: Session, phase_ids: Collection[int]) -> Mapping[int, float]:
    """Return the score that each scored evaluation of the phases shows, by evaluation."""
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
            rung = climb(score, best.get((phase_id, team_id)), LADDER_STEP, LADDER_STEP)
            best[phase_id, team_id] = shown[evaluation_id] = rung.shown
    return shown
