"""Paints evaluation masks from stored runs, which are small on disk and quick to load."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ground_truth.types import EvaluationMask


def evaluation_mask_of(runs: NDArray[np.int32], is_itc_sized: Sequence[bool]) -> EvaluationMask:
    """Paint labelled runs into a crop that just holds them.

    Parameters
    ----------
    runs : (m, 4) int32
        Row, first column, end column (excluded) and label of each run, at level 5.
    is_itc_sized
        One claim per label, from label 1 on.
    """
    flags = np.array([False, *is_itc_sized], dtype=np.bool_)
    if not len(runs):
        return EvaluationMask(np.zeros((0, 0), dtype=np.uint16), 0, 0, flags)
    x0, y0 = int(runs[:, 1].min()), int(runs[:, 0].min())
    shape = int(runs[:, 0].max()) + 1 - y0, int(runs[:, 2].max()) - x0
    # Fresh zeros take no memory until written, so a wide crop costs what its regions cover.
    labels = np.zeros(shape, dtype=np.uint16)
    for row, first, end, label in (runs - np.array([y0, x0, x0, 0], dtype=np.int32)).tolist():
        labels[row, first:end] = label
    return EvaluationMask(labels, x0, y0, flags)
