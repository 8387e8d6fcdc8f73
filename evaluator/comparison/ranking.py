"""Ranks saved results: "1224" on four decimals, with simultaneous rank sets and frequencies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluator.comparison.pairs import scores_of
from evaluator.metrics.comparison import FEWEST_UNITS
from evaluator.metrics.intervals import Reason, Undefined
from evaluator.metrics.rank_frequencies import RankFrequencies, rank_frequencies
from evaluator.metrics.rank_sets import RankSets, rank_sets
from evaluator.metrics.ranking import ranks
from evaluator.results import SavedResult, check_comparable
from evaluator.scoring import IntervalSection, interval_of


@dataclass(frozen=True, slots=True)
class RankedResult:
    """A line of the ranking; without a score there is neither rank nor set."""

    name: str
    rank: int | None
    rank_set: tuple[int, int] | None
    score: float | None
    interval: IntervalSection | None


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """All results, best first.

    Attributes
    ----------
    scored : tuple of SavedResult
        Those with a score, in the order of `frequencies`.
    reason : Reason or None
        Why there are no rank sets.
    """

    rows: tuple[RankedResult, ...]
    scored: tuple[SavedResult, ...]
    frequencies: RankFrequencies | Undefined
    reason: Reason | None


def rank(saved: Sequence[SavedResult]) -> Ranking:
    """Rank results by score; those without one follow.

    Raises
    ------
    ValueError
        When they were not made by the same rules.
    """
    check_comparable(saved)
    scored = tuple(one for one in saved if one.result.score is not None)
    sets = _rank_sets(scored)
    set_of: dict[str, tuple[int, int]] = {}
    if isinstance(sets, RankSets):
        ends = zip(sets.best.tolist(), sets.worst.tolist(), strict=True)
        set_of = {one.name: pair for one, pair in zip(scored, ends, strict=True)}
    rows = [
        RankedResult(
            one.name,
            place,
            set_of.get(one.name),
            one.result.score,
            interval_of(one.result.aggregates),
        )
        for one, place in zip(saved, ranks([one.result.score for one in saved]), strict=True)
    ]
    return Ranking(
        rows=tuple(sorted(rows, key=lambda row: (row.rank or len(rows) + 1, row.name))),
        scored=scored,
        frequencies=_frequencies(scored),
        reason=sets.reason if isinstance(sets, Undefined) else None,
    )


def _rank_sets(scored: tuple[SavedResult, ...]) -> RankSets | Undefined:
    replicates = [one.replicates for one in scored if one.replicates is not None]
    if not scored or len(replicates) < len(scored):
        return Undefined(Reason.NO_REPLICATES)
    if len(scored) == 1:
        return RankSets(np.ones(1, np.int64), np.ones(1, np.int64), n_pairs=0, n_undefined=0)
    if replicates[0].n_units < FEWEST_UNITS:
        return Undefined(Reason.NO_VARIANCE)
    stacked = np.stack([one.score for one in replicates])
    return rank_sets(scores_of(scored), stacked, replicates[0].n_units)


def _frequencies(scored: tuple[SavedResult, ...]) -> RankFrequencies | Undefined:
    replicates = [one.replicates.score for one in scored if one.replicates is not None]
    if not scored or len(replicates) < len(scored):
        return Undefined(Reason.NO_REPLICATES)
    return rank_frequencies(scores_of(scored), np.stack(replicates))
