"""Requests the statistics of a whole board when it changes, and reads the computed ones.

They are a pure function of the board's evaluations, so they are stored under the digest of those. A
request is a row; if a worker dies the next one takes it, and meanwhile pages show the last finished
statistics.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from evaluator.results import canonical_json
from webapp.database.engine import database_now, insert_if_absent, rows_changed
from webapp.database.models import MAX_ATTEMPTS, BoardStatistics, Phase
from webapp.services.boards.candidates import (
    Candidate,
    evaluations_chosen_from,
    read_candidates,
    select_team_rows,
)
from webapp.services.phases.challenges import PhaseView, phase
from webapp.services.release.allow_list import ORGANISER_DECIMALS, Viewer, decimals_for

LEASE_SECONDS = 120.0
"""Rank sets of 500 teams take seconds; a worker that takes longer than this has died."""

REST_SECONDS = 5.0
"""Statistics that could not be computed rest for this long."""


@dataclass(frozen=True, slots=True)
class BoardEntry:
    """A row of the board: its evaluation, those it was chosen from, and whether it is ranked."""

    evaluation_id: int
    attempts: tuple[int, ...]
    is_ranked: bool


@dataclass(frozen=True, slots=True)
class RankSetNote:
    """What a page says about its rank sets.

    Attributes
    ----------
    is_current : bool
        Whether they belong to the current board; if not, newer ones are being computed.
    n_teams : int
        Number of submissions compared with each other.
    is_partial : bool
        Whether only pairs with one of the best 100 were compared.
    """

    is_current: bool
    n_teams: int
    is_partial: bool


@dataclass(frozen=True, slots=True)
class StatisticsView:
    """A board's last finished statistics, unrounded; only the board's own code may use them.

    Attributes
    ----------
    rank_sets : mapping of int to (int, int)
        Best and worst rank by evaluation; the simultaneous 95 % sets.
    intervals : mapping of tuple of int to (float, float)
        Interval of the best of several attempts, by the evaluations it was chosen from.
    """

    board_key: str
    note: RankSetNote
    rank_sets: Mapping[int, tuple[int, int]]
    intervals: Mapping[tuple[int, ...], tuple[float, float]]


def board_entries(view: PhaseView, candidates: Sequence[Candidate]) -> tuple[BoardEntry, ...]:
    """Return the scored rows of a board as organisers see it, in the order of evaluations."""
    decimals = decimals_for(view, Viewer(is_organiser=True)) or ORGANISER_DECIMALS
    by_team: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_team[candidate.team_id].append(candidate)
    entries = [
        BoardEntry(
            one.evaluation_id,
            tuple(evaluations_chosen_from(own, one, view.selection)),
            one.is_eligible,
        )
        for own in by_team.values()
        for one in select_team_rows(own, view.selection, decimals)
        if one.evaluation_id is not None and one.score is not None
    ]
    return tuple(sorted(entries, key=lambda entry: entry.evaluation_id))


def board_key(entries: Sequence[BoardEntry]) -> str:
    """Return the digest of a board's evaluations."""
    text = canonical_json([asdict(entry) for entry in entries])
    return hashlib.sha256(text.encode()).hexdigest()


def latest_statistics(
    session: Session, view: PhaseView, candidates: Sequence[Candidate]
) -> StatisticsView | None:
    """Return a phase's last finished statistics, None before the first."""
    row = session.scalar(
        select(BoardStatistics)
        .where(BoardStatistics.phase_id == view.id, BoardStatistics.body.is_not(None))
        .order_by(BoardStatistics.computed_at.desc(), BoardStatistics.id.desc())
        .limit(1)
    )
    if row is None or row.body is None:
        return None
    present = board_key(board_entries(view, candidates))
    if present != row.board_key:
        own = session.scalar(_statistics_of_board(view.id, present))
        row = own if own is not None and own.body is not None else row
    return _view(row.board_key, json.loads(row.body or "{}"), is_current=present == row.board_key)


def request_statistics(session: Session, phase_slug: str) -> int | None:
    """Request the statistics of a phase's current board; the caller commits.

    Return the id of the new row, None if there is nothing to compute or it was already requested.
    """
    view = phase(session, phase_slug)
    entries = board_entries(view, read_candidates(session, view))
    if not entries or not view.n_resamples:
        return None
    key = board_key(entries)
    values: dict[str, object] = {"phase_id": view.id, "board_key": key, "attempt": 0}
    if not insert_if_absent(session, BoardStatistics, values):
        return None
    _forget_superseded(session, view.id, key)
    return session.scalar(select(BoardStatistics.id).where(*_is_of_board(view.id, key)))


def request_all_statistics(session: Session) -> None:
    """Request the statistics of every board that has changed, and commit."""
    for slug in session.scalars(select(Phase.slug).where(Phase.n_resamples > 0)).all():
        request_statistics(session, slug)
        session.commit()


def claimable_statistics(older_than_seconds: float, limit: int) -> Any:
    """Return the query of the statistics that a worker can compute now: id and time of request."""
    return (
        select(BoardStatistics.id, BoardStatistics.created_at)
        .where(
            *_is_claimable(),
            BoardStatistics.created_at < database_now(-older_than_seconds),
        )
        .order_by(BoardStatistics.created_at)
        .limit(limit)
    )


def claim_statistics(session: Session, row_id: int) -> bool:
    """Claim statistics for computing; False if they are done, claimed or were lost too often."""
    statement = (
        update(BoardStatistics)
        .where(BoardStatistics.id == row_id, *_is_claimable())
        .values(attempt=BoardStatistics.attempt + 1, lease_expires_at=database_now(LEASE_SECONDS))
    )
    is_taken = rows_changed(session, statement) == 1
    session.commit()
    return is_taken


def release_statistics(session: Session, row_id: int, *, is_counted: bool) -> None:
    """Give statistics that could not be computed back; the attempt counts if its work failed."""
    session.execute(
        update(BoardStatistics)
        .where(BoardStatistics.id == row_id, BoardStatistics.computed_at.is_(None))
        .values(
            lease_expires_at=database_now(REST_SECONDS),
            attempt=BoardStatistics.attempt - (0 if is_counted else 1),
        )
    )
    session.commit()


def _forget_superseded(session: Session, phase_id: int, key: str) -> None:
    """Delete the waiting requests of older boards: only the present one is worth computing."""
    session.execute(
        delete(BoardStatistics).where(
            BoardStatistics.phase_id == phase_id,
            BoardStatistics.board_key != key,
            *_is_claimable(),
        )
    )


def _is_claimable() -> list[ColumnElement[bool]]:
    is_free = or_(
        BoardStatistics.lease_expires_at.is_(None),
        BoardStatistics.lease_expires_at < database_now(),
    )
    return [
        BoardStatistics.computed_at.is_(None),
        BoardStatistics.attempt < MAX_ATTEMPTS,
        is_free,
    ]


def _is_of_board(phase_id: int, key: str) -> list[ColumnElement[bool]]:
    return [BoardStatistics.phase_id == phase_id, BoardStatistics.board_key == key]


def _statistics_of_board(phase_id: int, key: str) -> Any:
    return select(BoardStatistics).where(*_is_of_board(phase_id, key))


def _view(key: str, body: dict[str, Any], *, is_current: bool) -> StatisticsView:
    rows = body["rows"]
    return StatisticsView(
        board_key=key,
        note=RankSetNote(is_current, body["n_teams"], body["is_partial"]),
        rank_sets={
            row["evaluation"]: (row["rank_set"][0], row["rank_set"][1])
            for row in rows
            if row["rank_set"] is not None
        },
        intervals={
            tuple(row["attempts"]): (row["interval"]["low"], row["interval"]["high"])
            for row in rows
            if "low" in row["interval"]
        },
    )
