"""Places a heatmap's pixels on the slide, by its metadata or else by its shape."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import Findings, ProblemCode
from evaluator.forms.metadata import GeometryChoice

Floats = NDArray[np.float64]

UNMEASURED_BOUND = 2**20
"""Coordinates below this are accepted where the slide's size is not measured."""

_TOLERANCE_PX = 1
_LEVELS = 17


@dataclass(frozen=True, slots=True)
class SlideSize:
    """Width and height in level-0 pixels, None where they are not measured."""

    width: int | None
    height: int | None

    @property
    def bounds(self) -> tuple[int, int]:
        """Bounds (x, y) that coordinates must lie below."""
        return self.width or UNMEASURED_BOUND, self.height or UNMEASURED_BOUND


@dataclass(frozen=True, slots=True)
class Geometry:
    """Level-0 pixels a map pixel, and the level-0 place of the map's top left corner."""

    stride_x: float
    stride_y: float
    origin_x: float = 0.0
    origin_y: float = 0.0

    def points(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return level-0 x and y of map pixels, truncated to whole numbers; shapes (n,)."""
        x = np.trunc(self.origin_x + (column + 0.5) * self.stride_x)
        y = np.trunc(self.origin_y + (row + 0.5) * self.stride_y)
        # 0.0 rather than -0.0, so that equal places are written equally.
        return x + 0.0, y + 0.0


def geometry_of(
    shape: tuple[int, int], choice: GeometryChoice, size: SlideSize, file: str, findings: Findings
) -> Geometry | None:
    """Find where a map of (rows, columns) lies; where that fails, note a problem, return None.

    Without strides a map covers the whole slide at a power-of-two downsample.
    """
    if choice.stride_x is not None and choice.stride_y is not None:
        stated = Geometry(choice.stride_x, choice.stride_y, choice.origin_x, choice.origin_y)
        return stated if _is_on_slide(shape, stated, size, file, findings) else None
    if size.width is None or size.height is None:
        detail = (
            "The size of this slide is not measured, so its heatmap must say where its pixels "
            "lie: give stride_x and stride_y in level-0 pixels."
        )
        findings.problem(ProblemCode.MISSING_GEOMETRY, detail, file)
        return None
    return _covering(shape, choice, (size.width, size.height), file, findings)


def _covering(
    shape: tuple[int, int],
    choice: GeometryChoice,
    size: tuple[int, int],
    file: str,
    findings: Findings,
) -> Geometry | None:
    rows, columns = shape
    levels = _fitting_levels((columns, rows), size)
    transposed = _fitting_levels((rows, columns), size)
    if len(levels) == 1:
        if transposed and choice.axes is None:
            _warn_of_axes(file, findings)
        stride = float(2 ** levels[0])
        return Geometry(stride, stride)
    given = f"The heatmap has {columns} columns and {rows} rows"
    if levels:
        code, reason = (
            ProblemCode.HEATMAP_SIZE,
            "which fits several levels; give stride_x, stride_y",
        )
    elif transposed:
        code = ProblemCode.HEATMAP_TRANSPOSED
        reason = "which fits the slide only with rows and columns exchanged; transpose it"
    else:
        code = ProblemCode.HEATMAP_SIZE
        reason = (
            "which is no power-of-two downsample of the whole slide; resize it, or give "
            "stride_x, stride_y, origin_x and origin_y"
        )
    findings.problem(code, f"{given} on a slide of {size[0]} x {size[1]}, {reason}.", file)
    return None


def _fitting_levels(map_size: tuple[int, int], size: tuple[int, int]) -> list[int]:
    return [
        level
        for level in range(_LEVELS)
        if all(_fits(have, whole, level) for have, whole in zip(map_size, size, strict=True))
    ]


def _fits(have: int, whole: int, level: int) -> bool:
    low = whole >> level
    high = -(-whole >> level)
    return low - _TOLERANCE_PX <= have <= high + _TOLERANCE_PX


def _warn_of_axes(file: str, findings: Findings) -> None:
    findings.warn(
        ProblemCode.AXES_UNKNOWN,
        "On this slide a transposed heatmap would fit as well: rows run down, columns to the "
        'right; say axes = "yx" in the metadata if that is so.',
        file,
    )


def _is_on_slide(
    shape: tuple[int, int], stated: Geometry, size: SlideSize, file: str, findings: Findings
) -> bool:
    """Whether the map leaves the slide by at most one stride; note a problem if not."""
    rows, columns = shape
    right = stated.origin_x + columns * stated.stride_x
    bottom = stated.origin_y + rows * stated.stride_y
    width, height = size.bounds
    whose = "the slide" if size.width and size.height else "one of unknown size at most"
    if (
        stated.origin_x >= -stated.stride_x
        and stated.origin_y >= -stated.stride_y
        and right <= width + stated.stride_x
        and bottom <= height + stated.stride_y
    ):
        return True
    findings.problem(
        ProblemCode.HEATMAP_OUTSIDE_SLIDE,
        f"The heatmap covers x from {stated.origin_x:.10g} to {right:.10g} and y from "
        f"{stated.origin_y:.10g} to {bottom:.10g}, {whose} x from 0 to {width} and y from 0 to "
        f"{height} (level-0 pixels); correct stride or origin.",
        file,
    )
    return False
