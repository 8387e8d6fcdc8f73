"""Computes the area under the ROC curve of resampled slides."""

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.resampling import Weights, check_weights

Floats = NDArray[np.float64]


def auc_replicates(is_positive: NDArray[np.bool_], confidence: Floats, weights: Weights) -> Floats:
    """Compute the area under the ROC curve of every resample; ties count half.

    Parameters
    ----------
    is_positive : (n_slides,) bool
    confidence : (n_slides,) float64
        Finite.
    weights : (n_resamples, n_slides) uint8
        How often each slide is drawn.

    Returns
    -------
    (n_resamples,) float64
        NaN where only one class was drawn, which leaves the area undefined. Wins are counted in
        whole numbers, so only one quotient is rounded.

    Raises
    ------
    ValueError
        When shapes differ or a confidence is not finite.
    """
    if is_positive.ndim != 1 or is_positive.shape != confidence.shape:
        raise ValueError(f"shapes differ: {is_positive.shape} and {confidence.shape}")
    if not np.isfinite(confidence).all():
        raise ValueError("a confidence is not finite")
    check_weights(weights, confidence.size)
    drawn_positives, drawn_negatives = weights[:, is_positive], weights[:, ~is_positive]
    double_wins = _double_wins(confidence[is_positive], confidence[~is_positive])
    won = _weighted_sum(drawn_positives, double_wins, drawn_negatives)
    pairs = _row_sums(drawn_positives) * _row_sums(drawn_negatives)
    nothing = np.full(won.shape, np.nan)
    return np.asarray(np.divide(won, 2.0 * pairs, out=nothing, where=pairs > 0))


def _double_wins(positives: Floats, negatives: Floats) -> Floats:
    """Return 2 where a positive is above a negative, 1 where they tie, else 0."""
    difference = positives[:, np.newaxis] - negatives
    return np.asarray(np.sign(difference) + 1.0)


def _weighted_sum(rows: Weights, table: Floats, columns: Weights) -> Floats:
    """Sum the table over drawn rows and columns; exact, since all numbers are whole and small."""
    largest = 2.0 * _row_sums(rows).max(initial=0) * _row_sums(columns).max(initial=0)
    dtype = np.float32 if largest < 1 << 24 else np.float64
    by_column = rows.astype(dtype) @ table.astype(dtype)
    by_column *= columns
    return np.asarray(by_column.sum(axis=1, dtype=np.float64))


def _row_sums(weights: Weights) -> Floats:
    return np.asarray(weights.sum(axis=1, dtype=np.float64))
