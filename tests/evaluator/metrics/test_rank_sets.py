import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from evaluator.metrics.intervals import Reason, Undefined
from evaluator.metrics.rank_sets import RankSet, RankSets, marginal_rank_set, rank_sets
from tests.evaluator.metrics.slow_replicates import slow_rank_sets
from tests.evaluator.metrics.test_comparison import board

# Table 2 of JAMA 2017;318(22):2199: FROC scores of the ten best teams with their intervals.
JAMA_SCORES = [0.807, 0.760, 0.729, 0.703, 0.693, 0.596, 0.544, 0.527, 0.511, 0.243]
JAMA_LOW = [0.732, 0.692, 0.596, 0.605, 0.600, 0.578, 0.467, 0.335, 0.363, 0.197]
JAMA_HIGH = [0.889, 0.857, 0.788, 0.799, 0.819, 0.734, 0.629, 0.627, 0.620, 0.356]


def normal_replicates(
    scores: list[float], errors: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    noise = np.random.default_rng(11).normal(size=(len(scores), 100_000))
    return np.asarray(np.array(scores)[:, np.newaxis] + noise * errors[:, np.newaxis])


def sets(
    scores: list[float], replicates: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> tuple[list[int], list[int]]:
    found = rank_sets(scores, replicates)
    assert isinstance(found, RankSets)
    return found.best.tolist(), found.worst.tolist()


def test_the_published_ten_best_have_the_rank_sets_of_csranks() -> None:
    errors = (np.array(JAMA_HIGH) - np.array(JAMA_LOW)) / 3.919928

    best, worst = sets(JAMA_SCORES, normal_replicates(JAMA_SCORES, errors))

    assert best == [1, 1, 1, 1, 1, 2, 3, 2, 3, 10]
    assert worst == [5, 7, 9, 9, 9, 9, 9, 9, 9, 10]


def test_two_pairs_far_apart_share_their_ranks() -> None:
    scores = [10, 9.9, 5, 4.9]

    assert sets(scores, normal_replicates(scores, np.full(4, 0.5))) == (
        [1, 1, 3, 3],
        [2, 2, 4, 4],
    )


def test_equal_scores_may_have_any_rank() -> None:
    scores = [0.5, 0.5, 0.5]

    assert sets(scores, normal_replicates(scores, np.full(3, 0.1))) == ([1, 1, 1], [3, 3, 3])


def test_scores_far_apart_have_their_ranks() -> None:
    scores = [1.0, 3.0, 2.0]

    assert sets(scores, normal_replicates(scores, np.full(3, 0.01))) == ([3, 1, 2], [3, 1, 2])


@pytest.mark.parametrize("seed", range(8))
def test_adjusted_p_values_reject_the_pairs_of_the_repeated_quantile(seed: int) -> None:
    scores, replicates = board(seed, 12)

    best, worst = sets(scores, replicates)

    assert list(zip(best, worst, strict=True)) == slow_rank_sets(np.array(scores), replicates)


def test_a_marginal_set_is_no_wider_than_the_simultaneous_one() -> None:
    scores, replicates = board(3, 12)
    best, worst = sets(scores, replicates)

    for submission in range(12):
        marginal = marginal_rank_set(scores, replicates, submission)
        assert isinstance(marginal, RankSet)
        assert best[submission] <= marginal.best <= marginal.worst <= worst[submission]


def test_a_lone_submission_is_first() -> None:
    assert sets([0.4], np.full((1, 30), 0.4)) == ([1], [1])


def test_too_many_undefined_resamples_leave_no_sets() -> None:
    replicates = np.array([[0.1, np.nan], [0.2, 0.3]])

    reason = Undefined(Reason.TOO_MANY_UNDEFINED_REPLICATES)
    assert rank_sets([0.1, 0.2], replicates) == reason
    assert marginal_rank_set([0.1, 0.2], replicates, 0) == reason


def test_a_submission_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no submission 2 among 2"):
        marginal_rank_set([0.1, 0.2], np.zeros((2, 5)), 2)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 8))
def test_every_set_holds_the_rank_of_the_score(seed: int, n: int) -> None:
    scores, replicates = board(seed, n, 200)

    best, worst = sets(scores, replicates)

    rank = [1 + sum(other > score for other in scores) for score in scores]
    assert all(b <= r <= w for b, r, w in zip(best, rank, worst, strict=True))
