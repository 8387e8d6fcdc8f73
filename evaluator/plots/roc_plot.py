"""ROC curves of slide confidences, with the area under each and its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.plots.estimates import Estimate
from evaluator.plots.tables import Plot

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RocSeries:
    """One curve from (0, 0) to (1, 1), (n_points,) float64 arrays, and its area."""

    label: str
    false_positive_rate: Floats
    sensitivity: Floats
    auc: Estimate


def roc_points(is_positive: NDArray[np.bool_], confidence: Floats) -> tuple[Floats, Floats]:
    """Trace."""
    raise NotImplementedError


def roc_plot(
    series: Sequence[RocSeries], n_positive: int, n_negative: int, prefix: str, note: str = ""
) -> Plot:
    """Draw."""
    raise NotImplementedError
