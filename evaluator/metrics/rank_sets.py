"""Finds the ranks that are compatible with the data, for all submissions at once or one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.comparison import PairwiseTests, pairwise_tests
from evaluator.metrics.intervals import EQUALITY_TOLERANCE, INTERVAL_LEVEL, Undefined

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RankSets:
    """Simultaneous confidence sets of ranks: with the level's probability all are right together.

    Attributes
    ----------
    best, worst : (n_submissions,) int64
        Ends of each set; 1 is the best rank. ``best == 1``: cannot be told from rank 1.
    n_pairs : int
        Pairs that were compared, the family.
    n_undefined : int
        Replicates left out since a score is undefined in them.
    """

    best: Indices
    worst: Indices
    n_pairs: int
    n_undefined: int


@dataclass(frozen=True, slots=True)
class RankSet:
    """Confidence set of one submission's rank, `best` to `worst`."""

    best: int
    worst: int


def rank_sets(
    estimates: Sequence[float],
    replicates: Floats,
    n_units: float | None = None,
    level: float = INTERVAL_LEVEL,
) -> RankSets | Undefined:
    """Bound all ranks by the pairs that differ significantly, adjusted for all of them.

    Parameters
    ----------
    estimates : sequence of float, shape (n_submissions,)
        Finite scores, higher is better.
    replicates : (n_submissions, n_resamples) float64
        Scores on the same resamples; NaN marks undefined ones.
    n_units : float, optional
        Units that carry the score, to correct for their small number; see `pairwise_tests`.

    Returns
    -------
    RankSets or Undefined
        Undefined where more than 5 % of the resamples lack a score.

    Raises
    ------
    ValueError
        When a score is not finite or shapes differ.

    References
    ----------
    Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91(1),
    doi:10.1093/restud/rdad006.
    """
    tests = pairwise_tests(estimates, replicates, n_units)
    if isinstance(tests, Undefined):
        return tests
    n_better, n_worse = _significant_counts(tests, len(estimates), level)
    return RankSets(
        best=1 + n_better,
        worst=len(estimates) - n_worse,
        n_pairs=tests.first.size,
        n_undefined=tests.n_undefined,
    )


def marginal_rank_set(
    estimates: Sequence[float],
    replicates: Floats,
    submission: int,
    n_units: float | None = None,
    level: float = INTERVAL_LEVEL,
) -> RankSet | Undefined:
    """Bound the rank of one submission alone, from the pairs that it is part of.

    Narrower than its simultaneous set, and right for it only when it was not picked for its rank.

    Raises
    ------
    ValueError
        When a score is not finite, shapes differ or there is no such submission.
    """
    if not 0 <= submission < len(estimates):
        raise ValueError(f"no submission {submission} among {len(estimates)}")
    pairs = [(submission, other) for other in range(len(estimates)) if other != submission]
    tests = pairwise_tests(estimates, replicates, n_units, pairs)
    if isinstance(tests, Undefined):
        return tests
    n_better, n_worse = _significant_counts(tests, len(estimates), level)
    return RankSet(1 + int(n_better[submission]), len(estimates) - int(n_worse[submission]))


def _significant_counts(tests: PairwiseTests, n: int, level: float) -> tuple[Indices, Indices]:
    """Count for each submission those significantly better, and worse, than it."""
    is_significant = tests.p_value <= 1 - level + EQUALITY_TOLERANCE
    is_first_better = tests.difference > 0
    better = np.where(is_first_better, tests.first, tests.second)[is_significant]
    worse = np.where(is_first_better, tests.second, tests.first)[is_significant]
    return np.bincount(worse, minlength=n), np.bincount(better, minlength=n)
