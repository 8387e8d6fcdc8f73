"""What each cell of a confusion matrix costs in quadratic-weighted kappa."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.plots.tables import Plot


def kappa_cost_plot(
    counts: NDArray[np.int64], labels: Sequence[str], unit: str, prefix: str, note: str = ""
) -> Plot:
    """Draw."""
    raise NotImplementedError
