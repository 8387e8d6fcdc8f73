"""Checks the arrays that plots take: aligned, finite, rising, within [0, 1]."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_CLASSES = 2
MOST_CLASSES = 5
"""As many as there are stages; numbers in more and smaller cells could not be read."""


def require_curve(name: str, across: Floats, *heights: Floats) -> None:
    """Refuse arrays that are not a curve.

    Raises
    ------
    ValueError
        When there is no point, shapes differ, a value is not finite, or values across fall or
        are negative.
    """
    if across.ndim != 1 or across.size == 0:
        raise ValueError(f"{name}: no curve without a point")
    if any(height.shape != across.shape for height in heights):
        raise ValueError(f"{name}: {[h.shape for h in heights]} beside {across.shape}")
    if not all(np.isfinite(values).all() for values in (across, *heights)):
        raise ValueError(f"{name}: not finite")
    if across[0] < 0 or (np.diff(across) < 0).any():
        raise ValueError(f"{name}: values across must rise from 0 or above")


def require_shares(name: str, *shares: Floats) -> None:
    """Refuse values outside [0, 1].

    Raises
    ------
    ValueError
        When there is one.
    """
    if any(((values < 0) | (values > 1)).any() for values in shares):
        raise ValueError(f"{name}: values outside 0 to 1")


def require_counts(counts: NDArray[np.int64], labels: Sequence[str]) -> None:
    """Refuse what is no square table of counts, 2 to 5 classes wide, with at least one unit.

    Raises
    ------
    ValueError
        When it is none.
    """
    n = len(labels)
    if counts.shape != (n, n) or not FEWEST_CLASSES <= n <= MOST_CLASSES:
        raise ValueError(f"{counts.shape} counts for {n} classes, 2 to 5 can be drawn")
    if (counts < 0).any() or counts.sum() == 0:
        raise ValueError("counts are not negative and not all zero")
