"""Ranks a phase's board when it is read: a pure function of committed rows."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from evaluator.metrics.ranking import ranks
from webapp.database.models import Selection, SubmissionState
from webapp.errors import RefusalCode, Refused
from webapp.services.boards.candidates import (
    Candidate,
    candidate_order,
    evaluations_chosen_from,
    read_candidates,
    select_team_rows,
)
from webapp.services.boards.statistics import RankSetNote, StatisticsView, latest_statistics
from webapp.services.phases.challenges import PhaseView, phase
from webapp.services.release.allow_list import (
    ORGANISER_DECIMALS,
    Viewer,
    decimals_for,
    is_on_ladder,
    rounded_interval,
    rounded_score,
)
from webapp.services.release.ladder import LADDER_STEP, ladder_scores

VERSION_LENGTH = 32

_SELECTION_RULES = {
    Selection.BEST: "The best submission of each team counts; of equal ones, the earliest.",
    Selection.LATEST: "The latest submission of each team counts, withdrawn ones included: "
    "a team whose latest was withdrawn has no row.",
    Selection.FINAL: "The submission that each team chose counts; without a choice, the latest.",
}

LADDER_RULE = (
    f"A score is shown, to the nearest {LADDER_STEP:g}, only when it is more than {LADDER_STEP:g} "
    "above what its team was shown before; until then the score shown last stands. "
    "Intervals and rank sets are kept back with it."
)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One row of the board; ``rank`` is None for a row that is not ranked.

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
    """A phase's board as one audience reads it; ``version`` changes whenever the board does.

    ``rank_set_note`` is None while there are no rank sets to show.
    """

    phase: PhaseView
    rows: tuple[BoardRow, ...]
    decimals: int | None
    rule: str
    version: str
    truth_is_public: bool
    rank_set_note: RankSetNote | None


def standings(session: Session, *, phase_slug: str, viewer: Viewer) -> Standings:
    """Return a phase's board as this viewer may see it.

    Ranks are "1224" on the rounded score; inside a tie the earlier submission comes first. A row
    without a score has no rank. Baselines and organisers' teams are listed after the ranked rows.
    """
    view = phase(session, phase_slug)
    if not view.is_board_public and viewer.user_id is None:
        raise Refused(RefusalCode.SIGN_IN_REQUIRED, "Sign in to see this board.")
    decimals = decimals_for(view, viewer)
    found = read_candidates(session, view)
    if is_on_ladder(view, viewer):
        found, statistics = _with_ladder_scores(session, view, found), None
    else:
        statistics = None if decimals is None else latest_statistics(session, view, found)
    rows = _board(found, _Reader(view, viewer, decimals, statistics))
    return Standings(
        phase=view,
        rows=rows,
        decimals=decimals,
        rule=_rule(view.selection, decimals, is_ladder=is_on_ladder(view, viewer)),
        version=_version(view, rows, decimals, statistics),
        truth_is_public=view.is_truth_public,
        rank_set_note=None if statistics is None else statistics.note,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """The viewer of a phase's board, the decimals shown, and the board's statistics."""

    view: PhaseView
    viewer: Viewer
    decimals: int | None
    statistics: StatisticsView | None = None


def _board(candidates: Sequence[Candidate], reader: _Reader) -> tuple[BoardRow, ...]:
    by_team: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_team[candidate.team_id].append(candidate)
    selection, decimals, viewer = reader.view.selection, reader.decimals, reader.viewer
    if decimals is None:
        return _own_without_scores(by_team.get(viewer.team_id or 0, []), reader.view)
    chosen = [
        one for those in by_team.values() for one in select_team_rows(those, selection, decimals)
    ]
    for_organisers = [one for one in candidates if viewer.is_organiser and _is_for_organisers(one)]
    ranked = [one for one in chosen if one.is_eligible]
    unranked = [one for one in chosen if not one.is_eligible] + for_organisers
    rank_of = ranks([one.score for one in ranked], decimals)
    ranked_rows = [
        _row(ranked[at], rank_of[at], reader, by_team) for at in candidate_order(ranked, decimals)
    ]
    unranked_rows = [
        _row(unranked[at], None, reader, by_team) for at in candidate_order(unranked, decimals)
    ]
    return tuple(ranked_rows + unranked_rows)


def _is_for_organisers(candidate: Candidate) -> bool:
    is_hidden_or_disqualified = candidate.is_hidden or candidate.is_disqualified
    return (
        candidate.is_scored
        and candidate.state is SubmissionState.ACCEPTED
        and is_hidden_or_disqualified
    )


def _own_without_scores(own: Sequence[Candidate], view: PhaseView) -> tuple[BoardRow, ...]:
    """Return what a sealed board shows a team: its own row, without score or rank.

    Showing the best would reveal which score is higher, so the latest is shown instead.
    """
    selection = Selection.FINAL if view.selection is Selection.FINAL else Selection.LATEST
    team_id = own[0].team_id if own else 0
    reader = _Reader(view, Viewer(team_id=team_id), None)
    return tuple(
        _row(one, None, reader, {team_id: own})
        for one in select_team_rows(own, selection, ORGANISER_DECIMALS)
    )


def _row(
    one: Candidate,
    rank: int | None,
    reader: _Reader,
    by_team: Mapping[int, Sequence[Candidate]],
) -> BoardRow:
    own = by_team[one.team_id]
    is_badge_set = {
        "baseline": one.is_baseline,
        "organisers": one.is_organisers,
        "disqualified": one.is_disqualified,
        "hidden": one.is_hidden,
    }
    return BoardRow(
        rank=rank,
        rank_set=None if rank is None else _rank_set(one, reader),
        team=one.team,
        method=one.method,
        score=rounded_score(one.score, reader.decimals),
        interval=rounded_interval(_interval(one, own, reader), reader.decimals),
        submission=one.submission,
        submitted_at=one.submitted_at,
        attempts=sum(each.is_charged for each in own),
        badges=tuple(badge for badge, is_set in is_badge_set.items() if is_set),
        is_own=reader.viewer.team_id == one.team_id,
    )


def _rank_set(one: Candidate, reader: _Reader) -> tuple[int, int] | None:
    if reader.statistics is None or one.evaluation_id is None:
        return None
    return reader.statistics.rank_sets.get(one.evaluation_id)


def _interval(
    one: Candidate, own: Sequence[Candidate], reader: _Reader
) -> tuple[float, float] | None:
    """Return a row's interval; for the best of several attempts, the one from the statistics.

    That one chooses the best anew in every resample. The chosen attempt's own interval would
    ignore that it was chosen for its score.
    """
    chosen_from = tuple(evaluations_chosen_from(own, one, reader.view.selection))
    if chosen_from == (one.evaluation_id,) or not one.is_listed:
        return one.interval
    return None if reader.statistics is None else reader.statistics.intervals.get(chosen_from)


def _with_ladder_scores(
    session: Session, view: PhaseView, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Replace every score by the rung that its team was shown, and drop intervals."""
    shown = ladder_scores(session, [view.id])
    return [
        replace(one, score=shown.get(one.evaluation_id or 0), interval_low=None, interval_high=None)
        for one in candidates
    ]


def _rule(selection: Selection, decimals: int | None, *, is_ladder: bool) -> str:
    if decimals is None:
        return "Scores and ranks are not shown in this phase."
    ladder = f"{LADDER_RULE} " if is_ladder else ""
    return (
        f"{ladder}{_SELECTION_RULES[selection]} "
        f"Ranks are taken on the score rounded to {decimals} decimals; "
        "equal scores share the best rank (1224), the earlier submission listed first. "
        "A submission without a score has no rank."
    )


def _version(
    view: PhaseView,
    rows: tuple[BoardRow, ...],
    decimals: int | None,
    statistics: StatisticsView | None,
) -> str:
    body = {
        "phase": [view.scoring, view.truth_version, view.state, view.release_now, view.name],
        "decimals": decimals,
        "rows": [asdict(row) for row in rows],
        "statistics": None if statistics is None else statistics.board_key,
        "is_current": statistics is not None and statistics.note.is_current,
    }
    text = json.dumps(body, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH]
