"""Ranks values in rising order, ties sharing the mean of their ranks."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def midranks(values: Floats) -> Floats:
    """Rank values, 1 for the smallest; equal ones get the mean of the ranks they take up.

    Parameters
    ----------
    values : (n,) float64

    Returns
    -------
    (n,) float64
        Multiples of a half, hence exact.
    """
    ordered = np.sort(values)
    first = np.searchsorted(ordered, values, side="left")
    last = np.searchsorted(ordered, values, side="right")
    return np.asarray((first + last + 1) / 2.0)
