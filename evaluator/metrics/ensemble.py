"""Combines submissions in simple ways; exploratory, since members are chosen by score."""

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.midranks import midranks

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


def median_stage(stages: Codes) -> Codes:
    """Take each patient's median stage over the members.

    With an even number of members the lower of the two middle stages is taken, so that the
    result is a stage that a member gave, and a tie never upstages.

    Parameters
    ----------
    stages : (n_members, n_patients) int64
        Index of each stage in the ordered list of stages.

    Returns
    -------
    (n_patients,) int64

    Raises
    ------
    ValueError
        When there is no member or the array has not two axes.
    """
    _check_members(stages)
    return np.asarray(np.sort(stages, axis=0)[(stages.shape[0] - 1) // 2])


def mean_rank(probabilities: Floats) -> Floats:
    """Average each slide's mid-rank over the members, scaled to lie above 0 and below 1.

    Ranks make members comparable whose probabilities are calibrated differently.

    Parameters
    ----------
    probabilities : (n_members, n_slides) float64
        Finite.

    Returns
    -------
    (n_slides,) float64
        Mean over members of (mid-rank - 1/2) / n_slides.

    Raises
    ------
    ValueError
        When there is no member, the array has not two axes or a probability is not finite.
    """
    _check_members(probabilities)
    if not np.isfinite(probabilities).all():
        raise ValueError("a probability is not finite")
    # Twice a mid-rank is a whole number: its sum over members is exact in any order.
    doubled = sum(2.0 * midranks(row) - 1.0 for row in probabilities)
    return np.asarray(doubled / (2.0 * probabilities.size), dtype=np.float64)


def _check_members(values: Codes | Floats) -> None:
    if values.ndim != 2 or values.shape[0] == 0:  # noqa: PLR2004 - two axes
        raise ValueError(f"members need rows of an array of two axes, got shape {values.shape}")
