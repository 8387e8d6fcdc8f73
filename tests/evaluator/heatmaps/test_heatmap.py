from math import nextafter
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, strategies as st
from scipy.ndimage import gaussian_filter

from evaluator.forms.geometry import Geometry, SlideSize
from evaluator.heatmaps.heatmap import Heatmap, cutoff_of, detections_of, reach_of, smoothed
from evaluator.heatmaps.suppression import Reach
from evaluator.results.parameters import Suppression, Ties

SIZE = SlideSize(1600, 3200)


# Products that miss a whole number by their last bit, below it and above.
@example(0.29, (np.uint8, 100.0))
@example(nextafter(0.05, 0.0), (np.uint8, 100.0))
@given(
    st.floats(0, 1), st.sampled_from([(np.uint8, 255.0), (np.uint16, 65535.0), (np.uint8, 100.0)])
)
def test_an_integer_cutoff_compares_as_confidences_do(
    threshold: float, scale: tuple[Any, float]
) -> None:
    kind, maximum = scale
    values = np.arange(int(maximum) + 1).astype(kind).reshape(1, -1)

    cutoff = cutoff_of(Heatmap(values, maximum), threshold)

    assert ((values > cutoff) == (values.astype(np.float64) / maximum > threshold)).all()


@given(st.floats(0, 1), st.floats(0, 1, width=32))
def test_a_single_precision_cutoff_compares_as_doubles_do(threshold: float, value: float) -> None:
    near = np.float32(threshold)
    values = np.array([[value, near, np.nextafter(near, np.float32(2))]], dtype=np.float32)

    cutoff = cutoff_of(Heatmap(values, 1.0), threshold)

    assert ((values > np.float32(cutoff)) == (values.astype(np.float64) > threshold)).all()


@pytest.mark.parametrize(
    ("radius", "stride", "px"),
    [(768.0, 64.0, 12), (768.0, 100.0, 8), (32.0, 64.0, 1), (31.0, 64.0, 0)],
)
def test_a_radius_is_rounded_half_up(radius: float, stride: float, px: int) -> None:
    assert reach_of(radius, Geometry(stride, 2 * stride)).columns == px


def test_a_radius_below_a_map_pixel_is_a_fault() -> None:
    heatmap = Heatmap(np.zeros((2, 2), dtype=np.uint8), 255.0)

    with pytest.raises(ValueError, match="below one map pixel"):
        detections_of(heatmap, Geometry(64.0, 64.0), Suppression(radius=20.0), SIZE, 10)


def test_pixels_stand_for_their_middles_and_confidences_are_exact() -> None:
    values = np.zeros((50, 25), dtype=np.uint8)
    values[0, 0], values[49, 24] = 200, 201

    found = detections_of(Heatmap(values, 255.0), Geometry(64.0, 64.0), Suppression(), SIZE, 10)

    assert found.confidence.tolist() == [201 / 255, 200 / 255]
    assert (found.x.tolist(), found.y.tolist()) == ([1568.0, 32.0], [3168.0, 32.0])


def test_points_outside_the_slide_are_dropped_and_the_weakest_left_out() -> None:
    values = np.array([[0.6, 0.0, 0.9, 0.0, 0.7, 0.0, 0.8]])
    geometry = Geometry(100.0, 100.0, origin_x=-100.0)

    found = detections_of(
        Heatmap(values, 1.0), geometry, Suppression(radius=50.0), SlideSize(1000, 1000), 2
    )

    # 0.6 lies at x = -50.
    assert found.n_found == 3
    assert found.confidence.tolist() == [0.9, 0.8]
    assert found.x.tolist() == [150.0, 550.0]


def test_places_are_truncated() -> None:
    geometry = Geometry(64.5, 64.5, origin_x=-32.9)
    x, y = geometry.points(np.array([0]), np.array([0]))

    # -32.9 + 32.25 = -0.65, and 32.25.
    assert (x.tolist(), y.tolist()) == ([0.0], [32.0])
    assert str(x[0]) == "0.0"


def test_smoothing_is_scipys_with_a_sigma_an_axis() -> None:
    values = np.zeros((40, 30), dtype=np.uint16)
    values[20, 15] = 65535
    expected = gaussian_filter(values / 65535.0, (64 / 32, 64 / 16))

    found = smoothed(Heatmap(values, 65535.0), Geometry(16.0, 32.0), 64.0)

    assert found.maximum == 1.0
    assert (found.values == expected).all()


def test_both_axes_have_their_own_reach() -> None:
    assert reach_of(768.0, Geometry(64.0, 128.0)) == Reach(rows=6, columns=12)


def test_the_radius_is_that_of_ncrf_at_level_6() -> None:
    values = np.full((50, 25), 255, dtype=np.uint8)
    suppression = Suppression(ties=Ties.FIRST)

    found = detections_of(Heatmap(values, 255.0), Geometry(64.0, 64.0), suppression, SIZE, 100)

    # From (0, 0) on, every 12 map pixels: 3 columns and 5 rows.
    assert found.n_found == 15
