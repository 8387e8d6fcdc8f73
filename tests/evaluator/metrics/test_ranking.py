from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from evaluator.metrics.ranking import listing_order, ranks, round_for_display


def test_ties_share_the_rank_and_the_next_skips() -> None:
    assert ranks([0.9, 0.9, 0.8, 0.7]) == (1, 1, 3, 4)


def test_order_of_rows_is_kept() -> None:
    assert ranks([0.7, 0.9, 0.8]) == (3, 1, 2)


def test_scores_that_look_equal_are_equal() -> None:
    assert ranks([0.80004, 0.79996, 0.7999]) == (1, 1, 3)


def test_fewer_shown_decimals_make_more_ties() -> None:
    assert ranks([0.804, 0.796, 0.79], decimals=2) == (1, 1, 3)


def test_no_score_is_never_ranked_and_never_last() -> None:
    assert ranks([None, 0.2, None, 0.4]) == (None, 2, None, 1)


def test_a_board_without_scores_has_no_ranks() -> None:
    assert ranks([None, None]) == (None, None)
    assert ranks([]) == ()


def test_a_shown_score_is_rounded_as_it_is_printed() -> None:
    assert round_for_display(0.7360619469026548, 2) == 0.74
    assert f"{0.125:.2f}" == str(round_for_display(0.125, 2)) == "0.12"


def test_inside_a_tie_the_earlier_submission_is_listed_first() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (4, 2, 3, 1)]

    assert listing_order([0.5, 0.5, 0.9, None], days) == (2, 1, 0, 3)


def test_each_score_needs_its_time() -> None:
    with pytest.raises(ValueError, match="1 scores but 0 times"):
        listing_order([0.5], [])


@given(st.lists(st.integers(0, 50).map(lambda n: n / 50), max_size=20))
def test_a_rank_is_one_more_than_the_number_of_better_scores(scores: list[float]) -> None:
    found = ranks(scores)

    assert list(found) == [1 + sum(other > score for other in scores) for score in scores]


@given(st.lists(st.integers(0, 50).map(lambda n: n / 50), max_size=20))
def test_ranks_are_the_same_under_a_rising_transform(scores: list[float]) -> None:
    assert ranks(scores) == ranks([score * 2 for score in scores])
