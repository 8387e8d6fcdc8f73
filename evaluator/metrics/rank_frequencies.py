"""Counts how often each rank occurs over resamples, and measures agreement by Kendall's tau."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.intervals import Reason, Undefined, shared_replicates

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

TIE_DECIMALS = 9
"""Replicate scores that agree to so many decimals tie: smaller differences are rounding errors."""
BLOCK_RESAMPLES = 1_000
"""Resamples ranked at once, which bounds memory."""


@dataclass(frozen=True, slots=True)
class TauSummary:
    """Agreement of the resamples' rankings with the full one.

    Attributes
    ----------
    mean, lower_quartile, median, upper_quartile : float
        Of Kendall's tau-b over the resamples where it exists.
    n_skipped : int
        Resamples in which all submissions tie, so that tau does not exist.
    """

    mean: float
    lower_quartile: float
    median: float
    upper_quartile: float
    n_skipped: int


@dataclass(frozen=True, slots=True, eq=False)
class RankFrequencies:
    """Frequencies of ranks; not confidence, since resampling repeats the luck of the sample.

    Attributes
    ----------
    count : (n_submissions, n_submissions) int64
        Resamples in which the submission of the row has the rank column + 1.
    n_resamples : int
        Resamples ranked.
    tau : TauSummary or Undefined
        Undefined where the full ranking, or every other, is constant.
    n_undefined : int
        Resamples left out since a score is undefined in them.
    """

    count: Indices
    n_resamples: int
    tau: TauSummary | Undefined
    n_undefined: int


def rank_frequencies(estimates: Sequence[float], replicates: Floats) -> RankFrequencies | Undefined:
    """Rank the submissions in every resample; ties share the best rank.

    Parameters
    ----------
    estimates : sequence of float, shape (n_submissions,)
        Finite scores, higher is better.
    replicates : (n_submissions, n_resamples) float64
        Scores on the same resamples; NaN marks undefined ones.

    Returns
    -------
    RankFrequencies or Undefined
        Undefined where more than 5 % of the resamples lack a score.

    Raises
    ------
    ValueError
        When there is no submission, a score is not finite or shapes differ.

    References
    ----------
    Wiesenfarth et al. (2021), Scientific Reports 11, doi:10.1038/s41598-021-82017-6.
    """
    scores = np.asarray(estimates, dtype=np.float64)
    n = scores.size
    if n == 0 or not np.isfinite(scores).all() or replicates.shape[:1] != scores.shape:
        raise ValueError(f"{n} finite scores needed for {replicates.shape} replicates")
    defined = shared_replicates(replicates)
    if isinstance(defined, Undefined):
        return defined
    full = _ranks(scores[:, np.newaxis])[:, 0]
    count = np.zeros((n, n), dtype=np.int64)
    taus = []
    for ranks in _ranks_by_block(defined):
        row_start = np.arange(n)[:, np.newaxis] * n
        count += np.bincount((ranks + row_start - 1).ravel(), minlength=n * n).reshape(n, n)
        taus.append(_taus(full, ranks))
    tau = _summarise(np.concatenate(taus))
    n_defined = defined.shape[1]
    return RankFrequencies(count, n_defined, tau, replicates.shape[1] - n_defined)


def rank_quantiles(frequencies: RankFrequencies, probability: float) -> Indices:
    """Return the smallest rank that is reached with the probability, shape (n_submissions,).

    Raises
    ------
    ValueError
        When the probability is not above 0 and at most 1.
    """
    if not 0 < probability <= 1:
        raise ValueError(f"{probability} is no probability above 0")
    cumulated = np.cumsum(frequencies.count, axis=1)
    needed = math.ceil(probability * frequencies.n_resamples)
    return np.asarray(1 + np.argmax(cumulated >= needed, axis=1))


def kendall_tau(first: Sequence[float], second: Sequence[float]) -> float | Undefined:
    """Measure the agreement of two rankings of the same submissions: Kendall's tau-b.

    Returns
    -------
    float or Undefined
        Undefined where one of them is constant.

    Raises
    ------
    ValueError
        When lengths differ.

    References
    ----------
    Kendall (1945), Biometrika 33(3), doi:10.1093/biomet/33.3.239.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} values")
    ranks = [_ranks(np.array(values, np.float64)[:, np.newaxis]) for values in (first, second)]
    tau = float(_taus(ranks[0][:, 0], ranks[1])[0])
    return Undefined(Reason.CONSTANT_RANKING) if math.isnan(tau) else tau


def _ranks_by_block(replicates: Floats) -> Iterator[Indices]:
    for start in range(0, replicates.shape[1], BLOCK_RESAMPLES):
        yield _ranks(replicates[:, start : start + BLOCK_RESAMPLES])


def _ranks(scores: Floats) -> Indices:
    """Rank each column, 1 for the highest; both (n_submissions, n_columns)."""
    falling = np.round(-scores.T, TIE_DECIMALS)
    order = np.argsort(falling, axis=1, kind="stable")
    ordered = np.take_along_axis(falling, order, axis=1)
    place = np.broadcast_to(np.arange(1, scores.shape[0] + 1), ordered.shape).copy()
    place[:, 1:][ordered[:, 1:] == ordered[:, :-1]] = 0
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.maximum.accumulate(place, axis=1), axis=1)
    return np.ascontiguousarray(ranks.T)


def _taus(full: Indices, ranks: Indices) -> Floats:
    """Return tau-b of each column of ranks with the full ranking, NaN where one is constant.

    Submissions are taken in the order of the full ranking, where a pair that it does not tie
    counts +1 if the resample orders it alike, -1 if the other way round.
    """
    order = np.argsort(full, kind="stable")
    rank, column = full[order], ranks[order].astype(np.int16)
    concordance = np.zeros(ranks.shape[1], dtype=np.int64)
    n_untied = np.zeros(ranks.shape[1], dtype=np.int64)
    beyond_ties = np.searchsorted(rank, rank, side="right")
    for index, beyond in enumerate(beyond_ties):
        order_of_pairs = np.sign(column[index + 1 :] - column[index])
        concordance += order_of_pairs[beyond - index - 1 :].sum(axis=0, dtype=np.int16)
        n_untied += np.abs(order_of_pairs).sum(axis=0, dtype=np.int16)
    n_untied_full = int((rank.size - beyond_ties).sum())
    scale = np.sqrt(n_untied * float(n_untied_full))
    nothing = np.full(scale.shape, np.nan)
    return np.asarray(np.divide(concordance, scale, out=nothing, where=scale > 0))


def _summarise(taus: Floats) -> TauSummary | Undefined:
    defined = taus[~np.isnan(taus)]
    if defined.size == 0:
        return Undefined(Reason.CONSTANT_RANKING)
    lower, median, upper = np.quantile(defined, (0.25, 0.5, 0.75)).tolist()
    return TauSummary(float(defined.mean()), lower, median, upper, taus.size - defined.size)
