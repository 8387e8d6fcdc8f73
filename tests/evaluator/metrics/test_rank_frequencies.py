import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.metrics.intervals import Reason, Undefined
from evaluator.metrics.rank_frequencies import (
    RankFrequencies,
    TauSummary,
    kendall_tau,
    rank_frequencies,
    rank_quantiles,
)
from evaluator.metrics.ranking import ranks
from tests.evaluator.metrics.slow_replicates import slow_tau

# Three submissions in four resamples: in the third the first two tie, in the fourth all turn round.
REPLICATES = np.array([[0.9, 0.8, 0.7, 0.1], [0.5, 0.6, 0.7, 0.2], [0.1, 0.1, 0.1, 0.3]])


def frequencies() -> RankFrequencies:
    found = rank_frequencies([0.8, 0.6, 0.1], REPLICATES)
    assert isinstance(found, RankFrequencies)
    return found


def test_ranks_are_counted_with_ties_sharing_the_best() -> None:
    found = frequencies()

    assert found.count.tolist() == [[3, 0, 1], [1, 3, 0], [1, 0, 3]]
    assert found.n_resamples == 4


def test_tau_is_summarised_over_the_resamples() -> None:
    tau = frequencies().tau

    # 1, 1, 2 / root of 3 * 2, -1.
    assert isinstance(tau, TauSummary)
    assert tau.mean == pytest.approx((1 + 1 + 2 / 6**0.5 - 1) / 4)
    assert tau.median == pytest.approx((1 + 2 / 6**0.5) / 2)
    assert tau.n_skipped == 0


def test_quantiles_are_the_smallest_ranks_reached() -> None:
    found = frequencies()

    assert rank_quantiles(found, 0.5).tolist() == [1, 2, 3]
    assert rank_quantiles(found, 0.025).tolist() == [1, 1, 1]
    assert rank_quantiles(found, 1.0).tolist() == [3, 2, 3]
    with pytest.raises(ValueError, match="no probability above 0"):
        rank_quantiles(found, 0.0)


def test_scores_that_differ_by_arithmetic_noise_tie() -> None:
    found = rank_frequencies([0.5, 0.4], np.array([[0.3], [0.1 + 0.2]]))

    assert isinstance(found, RankFrequencies)
    assert found.count.tolist() == [[1, 0], [1, 0]]
    assert found.tau == Undefined(Reason.CONSTANT_RANKING)


def test_resamples_in_which_all_tie_are_skipped_and_counted() -> None:
    found = rank_frequencies([0.5, 0.4], np.array([[0.3, 0.3], [0.3, 0.2]]))

    assert isinstance(found, RankFrequencies)
    assert found.tau == TauSummary(1.0, 1.0, 1.0, 1.0, n_skipped=1)


def test_a_constant_board_has_no_tau() -> None:
    found = rank_frequencies([0.5, 0.5], np.array([[0.3, 0.4], [0.3, 0.2]]))

    assert isinstance(found, RankFrequencies)
    assert found.tau == Undefined(Reason.CONSTANT_RANKING)


def test_more_resamples_than_a_block_are_all_counted() -> None:
    replicates = np.random.default_rng(1).normal(size=(5, 2300))

    found = rank_frequencies([0.0] * 5, replicates)

    assert isinstance(found, RankFrequencies)
    assert found.count.sum(axis=1).tolist() == [2300] * 5


def test_undefined_resamples_are_left_out_or_leave_nothing() -> None:
    replicates = np.random.default_rng(1).normal(size=(2, 100))
    replicates[0, 3] = np.nan

    found = rank_frequencies([0.1, 0.2], replicates)

    assert isinstance(found, RankFrequencies)
    assert (found.n_resamples, found.n_undefined) == (99, 1)
    replicates[1, 10:50] = np.nan
    assert rank_frequencies([0.1, 0.2], replicates) == Undefined(
        Reason.TOO_MANY_UNDEFINED_REPLICATES
    )


def test_challengers_means_have_their_published_ranks() -> None:
    means = [0.8046799575, 0.7975212960, 0.7614807555, 0.7884066848, 0.7697413731]
    mean_ranks = [2.72, 2.96, 3.32, 2.88, 3.12]

    assert ranks(means) == (1, 2, 5, 3, 4)
    assert ranks([-rank for rank in mean_ranks]) == (1, 3, 5, 2, 4)
    assert ranks([0.9, 0.9, 0.8, 0.7]) == (1, 1, 3, 4)
    assert ranks([0.5] * 5) == (1, 1, 1, 1, 1)


def test_published_taus() -> None:
    assert kendall_tau([1, 2, 3, 4, 5], [1, 3, 2, 5, 4]) == pytest.approx(0.6)
    assert kendall_tau([1, 1, 3, 4], [1, 2, 3, 4]) == pytest.approx(0.9128709, abs=5e-8)
    assert kendall_tau([1, 2, 3], [2, 2, 2]) == Undefined(Reason.CONSTANT_RANKING)
    assert kendall_tau([], []) == Undefined(Reason.CONSTANT_RANKING)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=12))
def test_tau_counts_every_pair(pairs: list[tuple[int, int]]) -> None:
    first, second = ([float(value) for value in column] for column in zip(*pairs, strict=True))

    tau, slow = kendall_tau(first, second), slow_tau(first, second)

    if isinstance(tau, Undefined):
        assert np.isnan(slow)
    else:
        assert tau == pytest.approx(slow, abs=1e-12)


def test_boards_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="finite scores needed"):
        rank_frequencies([], np.zeros((0, 5)))
    with pytest.raises(ValueError, match="finite scores needed"):
        rank_frequencies([0.1], np.zeros((2, 5)))
    with pytest.raises(ValueError, match="1 and 2 values"):
        kendall_tau([0.1], [0.1, 0.2])
