"""Two submissions compared: difference of their FROC curves, and stages from one to the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.plots.tables import Plot

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DifferenceCurve:
    """Sensitivity of the first less the second with its paired band, (n_rates,) float64 each."""

    first: str
    second: str
    fps_per_slide: Floats
    difference: Floats
    low: Floats
    high: Floats


def difference_plot(curve: DifferenceCurve, prefix: str, note: str = "") -> Plot:
    """Draw."""
    raise NotImplementedError


def from_to_plot(
    counts: NDArray[np.int64],
    labels: Sequence[str],
    names: tuple[str, str],
    unit: str,
    prefix: str,
    note: str = "",
) -> Plot:
    """Draw (k, k) counts, the first submission's class in rows, the second's in columns."""
    raise NotImplementedError
