"""Tests names at the ends of curves."""

from itertools import pairwise

from hypothesis import given, strategies as st

from evaluator.plots.curve_labels import spread


def test_labels_with_room_stay_where_they_are_wanted() -> None:
    assert spread([50, 100], [20, 20], top=0, bottom=200) == [40, 90]


def test_labels_that_would_overlap_are_moved_down_in_order() -> None:
    assert spread([50, 50], [20, 20], top=0, bottom=200) == [40, 60]


def test_labels_at_the_lower_edge_are_moved_up() -> None:
    assert spread([200, 200], [20, 20], top=0, bottom=200) == [160, 180]


@given(st.lists(st.floats(0, 300), max_size=8))
def test_labels_that_fit_never_overlap_nor_leave_the_room(wanted: list[float]) -> None:
    tops = sorted(spread(wanted, [30.0] * len(wanted), top=0, bottom=300))

    assert all(0 <= top <= 270.0 + 1e-9 for top in tops)
    assert all(later - top >= 30 - 1e-9 for top, later in pairwise(tops))
