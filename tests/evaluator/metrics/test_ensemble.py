import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.metrics.ensemble import mean_rank, median_stage


def test_the_median_of_three_members_is_the_middle_stage() -> None:
    stages = np.array([[0, 4, 2], [1, 4, 0], [4, 0, 1]])

    assert median_stage(stages).tolist() == [1, 4, 1]


def test_an_even_number_of_members_takes_the_lower_middle() -> None:
    assert median_stage(np.array([[0, 3], [4, 3]])).tolist() == [0, 3]


def test_mean_ranks_make_differently_calibrated_members_comparable() -> None:
    probabilities = np.array([[0.01, 0.02, 0.03, 0.04], [0.6, 0.6, 0.99, 0.7]])

    # Mid-ranks 1 2 3 4 and 1.5 1.5 4 3: means 1.25 1.75 3.5 3.5, less 1/2, over 4.
    assert mean_rank(probabilities).tolist() == [0.1875, 0.3125, 0.75, 0.75]


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=20))
def test_a_monotone_transform_of_a_member_changes_nothing(values: list[float]) -> None:
    member = np.array(values)

    assert mean_rank(member[np.newaxis]).tolist() == mean_rank(member[np.newaxis] * 4).tolist()


def test_members_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="two axes"):
        median_stage(np.zeros(3, np.int64))
    with pytest.raises(ValueError, match="two axes"):
        mean_rank(np.zeros((0, 3)))
    with pytest.raises(ValueError, match="not finite"):
        mean_rank(np.array([[np.nan]]))
