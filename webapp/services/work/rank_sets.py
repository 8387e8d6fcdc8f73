"""Computes a board's rank sets and best-of-k intervals from the replicates kept with results."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from evaluator.metrics.intervals import Interval, Reason, Undefined
from evaluator.results import Json, JsonObject, Replicates, canonical_json, replicates_from_npz
from evaluator.scoring import interval_section
from ground_truth.types import Kind
from webapp.database.engine import database_now
from webapp.database.models import BoardStatistics, Evaluation, Phase
from webapp.services.boards.candidates import read_candidates
from webapp.services.boards.statistics import (
    BoardEntry,
    board_entries,
    board_key,
)
from webapp.services.phases.challenges import phase
from webapp.services.work.context import Outcome
from webapp.services.work.states import WorkItem
from webapp.storage import BlobStore

MAX_FREQUENCY_TEAMS = 100
"""Above this many submissions rank frequencies are left out: their table grows quadratically."""
COMPUTED = "computed"
SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class _Board:
    kind: Kind
    entries: tuple[BoardEntry, ...]
    score_of: dict[int, float]
    replicates_of: dict[int, str]


def rank_board(
    session_factory: Callable[[], Session], storage: BlobStore, item: WorkItem
) -> Outcome | None:
    """Compute the claimed statistics of a board, unless the board has changed since."""
    with session_factory() as session:
        row = session.get(BoardStatistics, item.id)
        if row is None:
            return None
        key, board = row.board_key, _board(session, row.phase_id)
        session.rollback()
    if board_key(board.entries) != key:
        with session_factory() as session:
            session.execute(delete(BoardStatistics).where(*_is_unfinished(item)))
            session.commit()
        return Outcome(item, SUPERSEDED)
    body = canonical_json(_statistics(board, storage))
    with session_factory() as session:
        session.execute(
            update(BoardStatistics)
            .where(*_is_unfinished(item))
            .values(body=body, computed_at=database_now(), lease_expires_at=None)
        )
        session.commit()
    return Outcome(item, COMPUTED)


def _is_unfinished(item: WorkItem) -> list[ColumnElement[bool]]:
    return [BoardStatistics.id == item.id, BoardStatistics.computed_at.is_(None)]


def _board(session: Session, phase_id: int) -> _Board:
    slug = session.scalars(select(Phase.slug).where(Phase.id == phase_id)).one()
    view = phase(session, slug)
    entries = board_entries(view, read_candidates(session, view))
    needed = {number for entry in entries for number in entry.attempts}
    rows = session.execute(
        select(Evaluation.id, Evaluation.score, Evaluation.replicates_sha256).where(
            Evaluation.id.in_(needed)
        )
    ).all()
    return _Board(
        kind=view.kind,
        entries=entries,
        score_of={number: score for number, score, _ in rows if score is not None},
        replicates_of={number: sha256 for number, _, sha256 in rows if sha256 is not None},
    )


def _statistics(board: _Board, storage: BlobStore) -> JsonObject:
    """Return the statistics: a row for each entry, and a summary of the compared family."""
    found = [_read_replicates(entry, board, storage) for entry in board.entries]
    rows = [_row(*pair, board) for pair in zip(board.entries, found, strict=True)]
    ranked = [at for at, entry in enumerate(board.entries) if entry.is_ranked]
    known = [at for at in ranked if found[at]]
    family = _Family(
        ids=[board.entries[at].evaluation_id for at in ranked],
        scores=[board.score_of[board.entries[at].evaluation_id] for at in ranked],
        replicates=[np.max([one.score for one in found[at]], axis=0) for at in known],
        n_units=min((found[at][0].n_units for at in known), default=0.0),
        is_comparable=len(known) == len(ranked)
        and len({one.resample_sha256 for at in known for one in found[at]}) == 1,
    )
    summary, sets = _rank_sets(family)
    for at, rank_set in zip(ranked, sets, strict=False):
        rows[at]["rank_set"] = rank_set
    return {"rows": list(rows), **summary}


def _row(entry: BoardEntry, found: list[Replicates], board: _Board) -> JsonObject:
    """Return an entry's row; its interval chooses anew among its attempts in every resample."""
    from evaluator.metrics.selection import best_attempt  # only workers select and rank

    interval: Interval | Undefined = Undefined(Reason.NO_REPLICATES)
    if found:
        best = best_attempt(
            [board.score_of[number] for number in entry.attempts],
            np.stack([one.score for one in found]),
            (-1.0, 1.0) if board.kind is Kind.STAGING else (0.0, 1.0),
        )
        interval = best if isinstance(best, Undefined) else best.interval
    return {
        "evaluation": entry.evaluation_id,
        "attempts": list(entry.attempts),
        "interval": interval_section(interval),
        "rank_set": None,
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Family:
    """The ranked submissions, which are compared with each other.

    ``replicates`` hold, for each resample, the best score among a team's attempts.
    """

    ids: list[int]
    scores: list[float]
    replicates: list[NDArray[np.float64]]
    n_units: float
    is_comparable: bool


def _rank_sets(family: _Family) -> tuple[JsonObject, list[Json]]:
    from evaluator.metrics.comparison import FEWEST_UNITS, LARGEST_FULL_FAMILY
    from evaluator.metrics.rank_sets import rank_sets

    n_teams = len(family.ids)
    summary: JsonObject = {
        "n_teams": n_teams,
        "is_partial": n_teams > LARGEST_FULL_FAMILY,
        "reason": None,
    }
    if not family.is_comparable or not n_teams:
        return {**summary, "reason": str(Reason.NO_REPLICATES)}, []
    if family.n_units < FEWEST_UNITS:
        return {**summary, "reason": str(Reason.NO_VARIANCE)}, []
    replicates = np.stack(family.replicates)
    if n_teams == 1:
        return summary, [[1, 1]]
    sets = rank_sets(family.scores, replicates, family.n_units)
    if isinstance(sets, Undefined):
        return {**summary, "reason": str(sets.reason)}, []
    ends: list[Json] = [
        list(pair) for pair in zip(sets.best.tolist(), sets.worst.tolist(), strict=True)
    ]
    return {**summary, **_frequencies(family, replicates)}, ends


def _frequencies(family: _Family, replicates: NDArray[np.float64]) -> JsonObject:
    """Count ranks over the resamples, for organisers' plots."""
    from evaluator.metrics.rank_frequencies import rank_frequencies

    if len(family.ids) > MAX_FREQUENCY_TEAMS:
        return {}
    found = rank_frequencies(family.scores, replicates)
    if isinstance(found, Undefined):
        return {}
    tau: JsonObject = (
        {"value": None, "reason": str(found.tau.reason)}
        if isinstance(found.tau, Undefined)
        else {
            "mean": round(found.tau.mean, 6),
            "quartiles": [
                round(found.tau.lower_quartile, 6),
                round(found.tau.median, 6),
                round(found.tau.upper_quartile, 6),
            ],
            "n_skipped": found.tau.n_skipped,
        }
    )
    frequencies: JsonObject = {
        "evaluations": list(family.ids),
        "count": found.count.tolist(),
        "n_resamples": found.n_resamples,
    }
    return {"frequencies": frequencies, "tau": tau}


def _read_replicates(entry: BoardEntry, board: _Board, storage: BlobStore) -> list[Replicates]:
    """Read the replicates of all attempts of an entry; return none if one attempt has none."""
    names = [board.replicates_of.get(number) for number in entry.attempts]
    known = [name for name in names if name is not None]
    return [_load(name, storage) for name in known] if len(known) == len(names) else []


def _load(sha256: str, storage: BlobStore) -> Replicates:
    with storage.local_path(sha256) as path:
        return replicates_from_npz(path.read_bytes())
