import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from ground_truth.raster import edges
from ground_truth.raster.filling import Stroke, fill_outlines, halved_runs
from tests.ground_truth.oracle_cases import painted
from tests.ground_truth.slow_raster import slow_fill, slow_painting

Ring = list[tuple[float, float]]


def filled(ring: Ring, level: int = 0, columns: int = 700, rows: int = 700) -> NDArray[np.bool_]:
    vertices = np.array(ring, dtype=np.float64).reshape(-1, 2).astype(np.float32)
    runs = fill_outlines([vertices], [Stroke(1)], level, columns, rows)
    return painted(runs, columns, rows).view(np.bool_)


def box(left: float, top: float, right: float, bottom: float) -> Ring:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def extent(raster: NDArray[np.bool_]) -> tuple[int, int, int, int, int]:
    """Return first and last column, first and last row, and the number of pixels."""
    rows, columns = np.nonzero(raster)
    return (
        int(columns.min()),
        int(columns.max()),
        int(rows.min()),
        int(rows.max()),
        len(rows),
    )


def test_a_rectangle_on_whole_pixels_loses_both_borders() -> None:
    assert extent(filled(box(100, 100, 200, 150))) == (101, 199, 101, 149, 99 * 49)


def test_a_rectangle_on_half_pixels_fills_what_it_covers() -> None:
    assert extent(filled(box(100.5, 100.5, 200.5, 150.5))) == (101, 200, 101, 150, 100 * 50)


def test_the_cut_to_an_integer_costs_the_column_next_to_a_short_left_edge() -> None:
    left = filled(box(400.99, 100.99, 410.01, 110.01))

    assert extent(left)[:2] == (402, 410)


def test_a_triangle_has_the_pixels_asap_gives_it() -> None:
    assert extent(filled([(10, 40), (20, 40), (10, 50)])) == (11, 19, 41, 49, 45)


@pytest.mark.parametrize(
    ("side", "pixels"), [((109.8, 99.8, 110.2, 100.2), 0), ((119.5, 99.5, 120.5, 100.5), 0)]
)
def test_a_rectangle_of_a_pixel_or_less_is_empty(
    side: tuple[float, float, float, float], pixels: int
) -> None:
    assert filled(box(*side)).sum() == pixels


def test_a_rectangle_of_two_pixels_has_one() -> None:
    assert filled(box(129, 99, 131, 101)).sum() == 1


def test_a_rectangle_left_of_the_image_still_fills_its_first_column() -> None:
    assert extent(filled(box(-10, 50, 0, 60)))[:2] == (0, 0)


def test_a_pentagram_is_filled_in_the_middle() -> None:
    star = [(100.0, 20.0), (147.0, 165.0), (24.0, 75.0), (176.0, 75.0), (53.0, 165.0)]

    assert filled(star)[100, 100]


@pytest.mark.parametrize("ring", [[], [(5.0, 5.0)], [(5.0, 5.0), (50.0, 50.0)]])
def test_fewer_than_three_vertices_fill_nothing(ring: Ring) -> None:
    assert not filled(ring).any()


def test_direction_and_first_vertex_do_not_matter() -> None:
    ring = [(10.25, 12.5), (90.75, 30.1), (70.2, 95.9), (20.6, 80.3)]

    expected = filled(ring)

    np.testing.assert_array_equal(filled(ring[::-1]), expected)
    np.testing.assert_array_equal(filled(ring[2:] + ring[:2]), expected)


def test_a_later_ring_is_painted_over_an_earlier_one() -> None:
    rings = [np.array(box(*corners), dtype=np.float32) for corners in ((0, 0, 9, 9), (2, 2, 6, 6))]

    raster = painted(fill_outlines(rings, [Stroke(1), Stroke(0)], 0, 10, 10), 10, 10)

    assert raster[1].tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1, 0]
    assert raster[4].tolist() == [0, 1, 1, 0, 0, 0, 1, 1, 1, 0]


def test_the_larger_value_wins_where_strokes_are_maxima() -> None:
    rings = [np.array(box(*corners), dtype=np.float32) for corners in ((0, 0, 9, 9), (2, 2, 6, 6))]
    strokes = [Stroke(7, is_maximum=True), Stroke(5, is_maximum=True)]

    raster = painted(fill_outlines(rings, strokes, 0, 10, 10), 10, 10)

    assert raster[4].tolist() == [0, 7, 7, 7, 7, 7, 7, 7, 7, 0]


def test_runs_are_clipped_to_the_raster() -> None:
    assert filled(box(-50, -50, 800, 800), columns=30, rows=20).all()


coordinates = st.one_of(
    st.integers(-20, 60).map(float),
    st.floats(-20, 60, width=32),
    st.integers(-80, 240).map(lambda quarter: quarter / 4),
)
rings = st.lists(st.tuples(coordinates, coordinates), max_size=9)


@settings(max_examples=150, deadline=None)
@given(ring=rings, level=st.integers(0, 2))
def test_filling_equals_testing_every_pixel(ring: Ring, level: int) -> None:
    found = filled(ring, level, 24, 20)

    np.testing.assert_array_equal(found, slow_fill(ring, level, 24, 20))


far = st.floats(-(2.0**20), 2.0**20, width=32)


@settings(max_examples=60, deadline=None)
@given(ring=st.lists(st.tuples(far, far), min_size=3, max_size=6), level=st.sampled_from([0, 15]))
def test_filling_equals_testing_every_pixel_where_products_leave_32_bits(
    ring: Ring, level: int
) -> None:
    found = filled(ring, level, 24, 20)

    np.testing.assert_array_equal(found, slow_fill(ring, level, 24, 20))


@settings(max_examples=50, deadline=None)
@given(ring=rings, level=st.integers(1, 3))
def test_a_level_is_every_2_to_the_level_pixel_of_the_first(ring: Ring, level: int) -> None:
    whole = filled(ring, 0, 64, 64)

    np.testing.assert_array_equal(
        filled(ring, level, 64 >> level, 64 >> level), whole[:: 1 << level, :: 1 << level]
    )


strokes = st.builds(Stroke, st.sampled_from([0, 1, 2, 3, 200]), st.booleans())


@settings(max_examples=150, deadline=None)
@given(layers=st.lists(st.tuples(rings, strokes), max_size=6))
def test_painting_many_rings_equals_painting_pixel_by_pixel(
    layers: list[tuple[Ring, Stroke]],
) -> None:
    outlines = [np.array(ring, dtype=np.float32).reshape(-1, 2) for ring, _ in layers]

    runs = fill_outlines(outlines, [stroke for _, stroke in layers], 0, 24, 20)

    expected = slow_painting([(ring, s.value, s.is_maximum) for ring, s in layers], 24, 20)
    np.testing.assert_array_equal(painted(runs, 24, 20), expected)


@settings(max_examples=50, deadline=None)
@given(layers=st.lists(st.tuples(rings, strokes), max_size=5))
def test_runs_are_in_raster_order_and_neighbours_of_one_value_are_one(
    layers: list[tuple[Ring, Stroke]],
) -> None:
    outlines = [np.array(ring, dtype=np.float32).reshape(-1, 2) for ring, _ in layers]

    runs = fill_outlines(outlines, [stroke for _, stroke in layers], 0, 64, 64)

    place = runs.row * 1000 + runs.start
    same_row = np.diff(runs.row) == 0
    touches = same_row & (runs.start[1:] == runs.stop[:-1])
    assert (runs.start < runs.stop).all()
    assert (np.diff(place) > 0).all()
    assert (runs.start[1:][same_row] >= runs.stop[:-1][same_row]).all()
    assert (runs.value[1:][touches] != runs.value[:-1][touches]).all()
    assert runs.value.all()


@settings(max_examples=50, deadline=None)
@given(
    layers=st.lists(st.tuples(rings, strokes), max_size=5),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
)
def test_the_next_level_is_every_second_pixel(
    layers: list[tuple[Ring, Stroke]], size: tuple[int, int]
) -> None:
    outlines = [np.array(ring, dtype=np.float32).reshape(-1, 2) for ring, _ in layers]
    runs = fill_outlines(outlines, [stroke for _, stroke in layers], 0, *size)
    whole = painted(runs, *size)
    columns, rows = size[0] // 2, size[1] // 2

    found = painted(halved_runs(runs, columns, rows), columns, rows)

    np.testing.assert_array_equal(found, whole[: 2 * rows : 2, : 2 * columns : 2])


hostile = st.one_of(
    coordinates, st.sampled_from([float("nan"), float("inf"), -float("inf"), 1e30, -1e38, 2.0**31])
)


@settings(max_examples=150, deadline=None)
@given(ring=st.lists(st.tuples(hostile, hostile), min_size=3, max_size=6))
def test_coordinates_that_are_no_numbers_do_what_they_do_in_asap(ring: Ring) -> None:
    np.testing.assert_array_equal(filled(ring, 0, 24, 20), slow_fill(ring, 0, 24, 20))


def test_working_in_bands_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(7)
    ring = [(float(x), float(y)) for x, y in random.uniform(0, 200, (60, 2))]
    expected = filled(ring)

    monkeypatch.setattr(edges, "_BAND_EDGE_ROWS", 50)

    np.testing.assert_array_equal(filled(ring), expected)


def test_outlines_that_cross_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "EDGE_ROWS_LIMIT", 100)

    with pytest.raises(ValueError, match="the outlines cross 198 rows"):
        filled(box(0, 0, 100, 100))


def test_a_raster_that_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        fill_outlines([], [], 0, 2**25, 10)


def test_values_that_alternate_beyond_reason_are_refused() -> None:
    ring = np.array(box(0, 0, 9, 9), dtype=np.float32)

    with pytest.raises(ValueError, match="values change 5000 times"):
        fill_outlines([ring] * 5000, [Stroke(1), Stroke(2)] * 2500, 0, 10, 10)


def test_too_many_outlines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ground_truth.raster.crossings.COLUMN_BITS", 60)

    with pytest.raises(ValueError, match="too many outlines"):
        filled(box(0, 0, 9, 9), columns=10, rows=10)
