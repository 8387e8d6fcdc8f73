"""Confusion matrix of ordered classes: counts and shares of the reference class."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.plots.tables import Plot


def confusion_plot(
    counts: NDArray[np.int64], labels: Sequence[str], unit: str, prefix: str, note: str = ""
) -> Plot:
    """Draw (k, k) counts, reference in rows; unit such as "patients"."""
    raise NotImplementedError
