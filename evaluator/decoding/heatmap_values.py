"""Turns decoded arrays into heatmaps: native type, rows first, no NaN, values in range."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.decoding.images import check_shape, refused
from evaluator.errors import ProblemCode, SubmissionError
from evaluator.forms import COLUMNS_FIRST, GeometryChoice
from evaluator.heatmaps import Heatmap

_TYPES = {"u1": np.uint8, "u2": np.uint16, "f2": np.float32, "f4": np.float32, "f8": np.float64}


def heatmap_of(values: NDArray[Any], choice: GeometryChoice, name: str) -> Heatmap:
    """Return confidences from decoded values.

    Integers are divided by their type's maximum, or by `scale_max`; NaN means no tissue, so 0.

    Raises
    ------
    SubmissionError
        When the array is of another shape or type, or a value is out of range.
    """
    check_shape(values.shape, name)
    native = _TYPES.get(values.dtype.str[1:])
    if native is None:
        detail = f"Values of type {values.dtype} are not read."
        raise refused(ProblemCode.UNSUPPORTED_TYPE, detail, name)
    turned = values.T if choice.axes == COLUMNS_FIRST else values
    if np.issubdtype(native, np.integer):
        return _integers(np.ascontiguousarray(turned, dtype=native), choice.scale_max, name)
    return _floats(np.ascontiguousarray(turned, dtype=native), choice.scale_max, name)


def _integers(values: NDArray[Any], scale_max: float | None, name: str) -> Heatmap:
    if scale_max is None:
        return Heatmap(values, float(np.iinfo(values.dtype).max))
    is_above = values > scale_max
    if is_above.any():
        raise _out_of_range(values, is_above, scale_max, name)
    return Heatmap(values, scale_max)


def _floats(values: NDArray[Any], scale_max: float | None, name: str) -> Heatmap:
    highest = 1.0 if scale_max is None else scale_max
    if scale_max is not None:
        values = values.astype(np.float64)
    is_faulty = ~((values >= 0.0) & (values <= highest))
    if is_faulty.any():
        is_missing = np.isnan(values)
        is_faulty &= ~is_missing
        if is_faulty.any():
            raise _out_of_range(values, is_faulty, highest, name)
        values = np.where(is_missing, values.dtype.type(0), values)
    return Heatmap(values if scale_max is None else values / highest, 1.0)


def _out_of_range(
    values: NDArray[Any], is_faulty: NDArray[np.bool_], highest: float, name: str
) -> SubmissionError:
    row, column = divmod(int(is_faulty.reshape(-1).argmax()), values.shape[1])
    detail = (
        f"The value at row {row}, column {column} is {float(values[row, column]):.9g}; values lie "
        f"in [0, {highest:g}] (NaN where there is no tissue, in float heatmaps)."
    )
    return refused(ProblemCode.VALUE_OUT_OF_RANGE, detail, name)
