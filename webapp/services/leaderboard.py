"""The leaderboard: a pure function of committed rows, ranked when it is read."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from evaluator.metrics.ranking import listing_order, ranks
from webapp.errors import RefusalCode, Refused
from webapp.models import (
    Evaluation,
    EvaluationState,
    Phase,
    Selection,
    Submission,
    SubmissionState,
    Team,
)
from webapp.services.challenges import PhaseView, phase
from webapp.services.quotas import is_charged
from webapp.services.release import ORGANISER_DECIMALS, Viewer, decimals_for, shown_score
from webapp.services.submission_rows import is_current_evaluation

VERSION_LENGTH = 32

_RULES = {
    Selection.BEST: "The best submission of each team counts; of equal ones, the earliest.",
    Selection.LATEST: "The latest submission of each team counts, withdrawn ones included: "
    "a team whose latest was withdrawn has no row.",
    Selection.FINAL: "The submission that each team chose counts; without a choice, the latest.",
}


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One line of the board; ``rank`` is None for what is shown without one.

    ``attempts`` is how many attempts the team has been charged with in this phase.
    """

    rank: int | None
    rank_set: tuple[int, int] | None
    team: str
    method: str
    score: float | None
    interval: tuple[float, float] | None
    submission: str
    submitted_at: datetime
    attempts: int
    badges: tuple[str, ...]
    is_own: bool


@dataclass(frozen=True, slots=True)
class Standings:
    """A phase's board as one audience reads it; ``version`` changes whenever it does."""

    phase: PhaseView
    rows: tuple[BoardRow, ...]
    decimals: int | None
    rule: str
    version: str
    truth_is_public: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A submission that could stand on the board, with what decides whether it does."""

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
    score: float | None

    @property
    def is_eligible(self) -> bool:
        """Whether it may be ranked."""
        return not (self.is_organisers or self.is_baseline or self._is_set_aside)

    @property
    def is_listed(self) -> bool:
        """Whether everybody may see it on the board."""
        return self.is_scored and self.state is SubmissionState.ACCEPTED and not self._is_set_aside

    @property
    def _is_set_aside(self) -> bool:
        return self.is_hidden or self.is_disqualified


def standings(session: Session, *, phase_slug: str, viewer: Viewer) -> Standings:
    """Return a phase's board as this viewer may see it.

    Ranks are "1224" on the shown score; inside a tie the earlier submission comes first. What
    has no score has no rank. Baselines and organisers' teams are listed after the ranked rows.
    """
    view = phase(session, phase_slug)
    if not view.is_board_public and viewer.user_id is None:
        raise Refused(RefusalCode.SIGN_IN_REQUIRED, "Sign in to see this board.")
    decimals = decimals_for(view, viewer)
    rows = _board(_candidates(session, view), view, viewer, decimals)
    return Standings(
        phase=view,
        rows=rows,
        decimals=decimals,
        rule=_rule(view.selection, decimals),
        version=_version(view, rows, decimals),
        truth_is_public=view.is_truth_public,
    )


def _candidates(session: Session, view: PhaseView) -> list[_Candidate]:
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
            Evaluation.score,
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
    # SQLAlchemy types up to ten columns; the record's own order is that of the SELECT.
    return [_Candidate(*cast("tuple[Any, ...]", row)) for row in rows]


def _board(
    candidates: Sequence[_Candidate], view: PhaseView, viewer: Viewer, decimals: int | None
) -> tuple[BoardRow, ...]:
    by_team: dict[int, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_team[candidate.team_id].append(candidate)
    attempts = {team: sum(one.is_charged for one in those) for team, those in by_team.items()}
    if decimals is None:
        return _own_without_scores(by_team.get(viewer.team_id or 0, []), view, attempts)
    chosen = [one for those in by_team.values() for one in _chosen(those, view.selection, decimals)]
    aside = [one for one in candidates if viewer.is_organiser and _is_for_organisers(one)]
    ranked = [one for one in chosen if one.is_eligible]
    unranked = [one for one in chosen if not one.is_eligible] + aside
    rank_of = ranks([one.score for one in ranked], decimals)
    first = [
        _row(ranked[at], rank_of[at], decimals, viewer, attempts) for at in _order(ranked, decimals)
    ]
    second = [
        _row(unranked[at], None, decimals, viewer, attempts) for at in _order(unranked, decimals)
    ]
    return tuple(first + second)


def _chosen(
    candidates: Sequence[_Candidate], selection: Selection, decimals: int
) -> list[_Candidate]:
    """Return a team's rows: its one selected submission, and each of its baselines.

    The best is chosen on the shown decimals, as ranks are: otherwise the choice between two
    equal numbers would tell the hidden digits.
    """
    baselines = [one for one in candidates if one.is_baseline and one.is_listed]
    own = [one for one in candidates if not one.is_baseline]
    if selection is Selection.BEST:
        listed = [one for one in own if one.is_listed]
        return [listed[at] for at in _order(listed, decimals)[:1]] + baselines
    told = [one for one in own if one.is_scored or one.state is SubmissionState.WITHDRAWN]
    told = [one for one in told if one.is_charged]
    finals = [one for one in told if one.is_final and selection is Selection.FINAL]
    return [one for one in (finals or told)[-1:] if one.is_listed] + baselines


def _order(candidates: Sequence[_Candidate], decimals: int) -> tuple[int, ...]:
    return listing_order(
        [one.score for one in candidates], [one.submitted_at for one in candidates], decimals
    )


def _is_for_organisers(candidate: _Candidate) -> bool:
    is_set_aside = candidate.is_hidden or candidate.is_disqualified
    return candidate.is_scored and candidate.state is SubmissionState.ACCEPTED and is_set_aside


def _own_without_scores(
    own: Sequence[_Candidate], view: PhaseView, attempts: dict[int, int]
) -> tuple[BoardRow, ...]:
    """Return what a sealed board shows a team: its own row, without score or rank.

    The best cannot be told without telling scores, so the latest stands for it.
    """
    selection = Selection.FINAL if view.selection is Selection.FINAL else Selection.LATEST
    viewer = Viewer(team_id=own[0].team_id if own else None)
    return tuple(
        _row(one, None, None, viewer, attempts)
        for one in _chosen(own, selection, ORGANISER_DECIMALS)
    )


def _row(
    one: _Candidate,
    rank: int | None,
    decimals: int | None,
    viewer: Viewer,
    attempts: dict[int, int],
) -> BoardRow:
    marks = {
        "baseline": one.is_baseline,
        "organisers": one.is_organisers,
        "disqualified": one.is_disqualified,
        "hidden": one.is_hidden,
    }
    return BoardRow(
        rank=rank,
        rank_set=None,
        team=one.team,
        method=one.method,
        score=shown_score(one.score, decimals),
        interval=None,
        submission=one.submission,
        submitted_at=one.submitted_at,
        attempts=attempts[one.team_id],
        badges=tuple(mark for mark, is_set in marks.items() if is_set),
        is_own=viewer.team_id == one.team_id,
    )


def _rule(selection: Selection, decimals: int | None) -> str:
    if decimals is None:
        return "Scores and ranks are not shown in this phase."
    return (
        f"{_RULES[selection]} Ranks are taken on the score rounded to {decimals} decimals; equal "
        "scores share the best rank (1224), the earlier submission listed first. A submission "
        "without a score has no rank."
    )


def _version(view: PhaseView, rows: tuple[BoardRow, ...], decimals: int | None) -> str:
    body = {
        "phase": [view.scoring, view.truth_version, view.state, view.release_now, view.name],
        "decimals": decimals,
        "rows": [asdict(row) for row in rows],
    }
    text = json.dumps(body, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH]
