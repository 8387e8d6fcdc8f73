"""Reads the submissions that a board can show, and selects each team's rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from evaluator.metrics.ranking import listing_order
from webapp.database.models import (
    Evaluation,
    EvaluationState,
    Phase,
    Selection,
    Submission,
    SubmissionState,
    Team,
)
from webapp.services.phases.challenges import PhaseView
from webapp.services.release.current_evaluations import is_current_evaluation
from webapp.services.submissions.quotas import is_charged


@dataclass(frozen=True, slots=True)
class Candidate:
    """A submission that the board could show, with the fields that decide whether it does."""

    team_id: int
    team: str
    is_organisers: bool
    submission: str
    method: str
    submitted_at: datetime
    state: SubmissionState
    is_charged: bool
    is_hidden: bool
    is_baseline: bool
    is_disqualified: bool
    is_final: bool
    is_scored: bool
    evaluation_id: int | None
    score: float | None
    interval_low: float | None
    interval_high: float | None
    replicates_sha256: str | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Ends of the 95 % interval of its own score, None without an interval."""
        if self.interval_low is None or self.interval_high is None:
            return None
        return self.interval_low, self.interval_high

    @property
    def is_eligible(self) -> bool:
        """Whether it can be ranked."""
        return not (self.is_organisers or self.is_baseline or self._is_hidden_or_disqualified)

    @property
    def is_listed(self) -> bool:
        """Whether everybody can see it on the board."""
        return (
            self.is_scored
            and self.state is SubmissionState.ACCEPTED
            and not self._is_hidden_or_disqualified
        )

    @property
    def _is_hidden_or_disqualified(self) -> bool:
        return self.is_hidden or self.is_disqualified


def read_candidates(session: Session, view: PhaseView) -> list[Candidate]:
    """Return a phase's submissions that are scored or charged for, oldest first."""
    scored = func.coalesce(Evaluation.state == EvaluationState.SCORED, false())
    rows = session.execute(
        select(
            Submission.team_id,
            Team.name,
            Team.is_organisers,
            Submission.public_id,
            Submission.method,
            Submission.submitted_at,
            Submission.state,
            is_charged(Submission.id),
            Submission.is_hidden,
            Submission.is_baseline,
            Submission.is_disqualified,
            Submission.is_final,
            scored,
            Evaluation.id,
            Evaluation.score,
            Evaluation.interval_low,
            Evaluation.interval_high,
            Evaluation.replicates_sha256,
        )
        .join(Team, Team.id == Submission.team_id)
        .join(Phase, Phase.id == Submission.phase_id)
        .outerjoin(Evaluation, is_current_evaluation())
        .where(
            Submission.phase_id == view.id,
            or_(scored, is_charged(Submission.id)),
        )
        .order_by(Submission.submitted_at, Submission.id)
    )
    # SQLAlchemy types up to ten columns; the fields are in the order of the SELECT.
    return [Candidate(*cast("tuple[Any, ...]", row)) for row in rows]


def select_team_rows(
    candidates: Sequence[Candidate], selection: Selection, decimals: int
) -> list[Candidate]:
    """Return a team's rows: its one selected submission, and each of its baselines.

    The best is chosen by the rounded scores, as ranks are: otherwise the choice between two equal
    numbers would reveal the hidden digits.
    """
    baselines = [one for one in candidates if one.is_baseline and one.is_listed]
    own = [one for one in candidates if not one.is_baseline]
    if selection is Selection.BEST:
        listed = [one for one in own if one.is_listed]
        return [listed[at] for at in candidate_order(listed, decimals)[:1]] + baselines
    # One that the service lost and scored later counts too, although its charge was given back.
    counting = [
        one
        for one in own
        if one.is_scored or (one.state is SubmissionState.WITHDRAWN and one.is_charged)
    ]
    finals = [one for one in counting if one.is_final and selection is Selection.FINAL]
    return [one for one in (finals or counting)[-1:] if one.is_listed] + baselines


def candidate_order(candidates: Sequence[Candidate], decimals: int) -> tuple[int, ...]:
    """Return the indices of candidates in the order in which a board lists their rounded scores."""
    return listing_order(
        [one.score for one in candidates], [one.submitted_at for one in candidates], decimals
    )


def evaluations_chosen_from(
    own: Sequence[Candidate], one: Candidate, selection: Selection
) -> list[int]:
    """Return the evaluations that a row was chosen from, its own included, oldest first."""
    is_alone = selection is not Selection.BEST or one.is_baseline
    listed = [one] if is_alone else [it for it in own if it.is_listed and not it.is_baseline]
    return [it.evaluation_id for it in listed if it.evaluation_id and it.score is not None]
