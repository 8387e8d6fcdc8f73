"""Tests the shapes of curves."""

from evaluator.plots.curves import step_path, straight_path


def test_points_that_keep_the_height_leave_no_trace_in_steps() -> None:
    assert step_path([0, 1, 2, 3], [9, 9, 5, 5]) == "M0 9H2V5H3"


def test_points_drawn_in_one_place_are_drawn_once() -> None:
    assert straight_path([0, 0.001, 1], [5, 5, 6]) == "M0 5L1 6"
