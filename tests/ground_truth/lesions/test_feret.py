import numpy as np
import pytest
from hypothesis import given, strategies as st

from ground_truth.lesions.feret import feret_diameters_px
from ground_truth.lesions.regions import runs_of


def slow_diameter(raster: list[list[bool]]) -> float:
    """Compare every corner of every pixel with every other."""
    corners = [
        (x + right, y + below)
        for y, row in enumerate(raster)
        for x, value in enumerate(row)
        if value
        for right in (0, 1)
        for below in (0, 1)
    ]
    return max(
        (((a - c) ** 2 + (b - d) ** 2) ** 0.5 for a, b in corners for c, d in corners),
        default=0.0,
    )


rasters = st.integers(1, 7).flatmap(
    lambda columns: st.lists(
        st.lists(st.booleans(), min_size=columns, max_size=columns), min_size=1, max_size=7
    )
)


@given(rasters)
def test_the_diameter_is_that_of_the_slow_way(raster: list[list[bool]]) -> None:
    pixels = runs_of(np.array(raster, dtype=np.bool_))
    whole = np.array([[row, 0, len(raster[0]), 1] for row in range(len(raster))], dtype=np.int32)

    (diameter,) = feret_diameters_px(pixels, whole, 1)

    assert diameter == pytest.approx(slow_diameter(raster), abs=1e-12)


def test_each_region_has_the_diameter_of_what_lies_in_it() -> None:
    raster = np.zeros((10, 40), dtype=np.bool_)
    raster[2, 3:7] = True
    raster[2, 9] = True
    raster[5:8, 30] = True
    regions = np.array(
        [[2, 2, 12, 1], [5, 28, 33, 2], [6, 28, 33, 2], [7, 28, 33, 2], [9, 0, 5, 3]],
        dtype=np.int32,
    )

    diameters = feret_diameters_px(runs_of(raster), regions, 3)

    assert diameters.tolist() == pytest.approx([(7**2 + 1) ** 0.5, (3**2 + 1) ** 0.5, 0.0])


def test_without_regions_there_is_no_diameter() -> None:
    nothing = np.empty((0, 4), dtype=np.int32)

    assert feret_diameters_px(runs_of(np.ones((2, 2), dtype=np.bool_)), nothing, 0).shape == (0,)
