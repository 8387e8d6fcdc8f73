import numpy as np
import pytest
from numpy.typing import NDArray

from evaluator.metrics import comparison
from evaluator.metrics.comparison import (
    PairedComparison,
    PairwiseTests,
    compare_pair,
    family_of_pairs,
    pairwise_tests,
    small_sample_factor,
)
from evaluator.metrics.intervals import IntervalMethod, Reason, Undefined
from tests.evaluator.metrics.slow_replicates import slow_step_down


def board(seed: int, n: int, n_resamples: int = 800) -> tuple[list[float], NDArray[np.float64]]:
    """Make scores and replicates with errors that submissions share in part."""
    generator = np.random.default_rng(seed)
    scores = np.round(generator.normal(0.7, 0.05, n), 3)
    own = generator.normal(0, 0.03, (n, n_resamples))
    return scores.tolist(), scores[:, np.newaxis] + own + generator.normal(0, 0.03, n_resamples)


@pytest.mark.parametrize(("seed", "n"), [(1, 2), (2, 5), (3, 12)])
def test_one_pass_gives_the_p_values_of_the_whole_table(seed: int, n: int) -> None:
    scores, replicates = board(seed, n)

    tests = pairwise_tests(scores, replicates)

    assert isinstance(tests, PairwiseTests)
    pairs = zip(tests.first.tolist(), tests.second.tolist(), strict=True)
    p_value_of = dict(zip(pairs, tests.p_value.tolist(), strict=True))
    assert p_value_of == pytest.approx(slow_step_down(np.array(scores), replicates), abs=1e-12)


@pytest.mark.parametrize(
    ("n", "critical"), [(2, 1.95996), (3, 2.34370), (5, 2.72777), (10, 3.16368)]
)
def test_the_largest_of_equal_differences_follows_the_studentised_range(
    n: int, critical: float
) -> None:
    # Quantile .95 of the studentised range over the root of 2, for independent normal scores.
    replicates = np.random.default_rng(5).normal(size=(n, 100_000))
    scores = [critical * np.sqrt(2), *[0.0] * (n - 1)]
    replicates[0] += scores[0]

    tests = pairwise_tests(scores, replicates)

    assert isinstance(tests, PairwiseTests)
    assert tests.p_value.min() == pytest.approx(0.05, abs=0.003)


def test_a_single_pair_is_studentised_by_its_own_error() -> None:
    spread = np.tile(np.array([-3, -2, -1, 0, 1, 2, 3]) / 100, 100)
    replicates = np.stack([0.525 + spread, np.full(700, 0.5)])

    result = compare_pair((0.525, 0.5), replicates)

    assert isinstance(result, PairedComparison)
    assert result.difference == pytest.approx(0.025)
    assert result.interval.method is IntervalMethod.PERCENTILE
    assert (result.interval.low, result.interval.high) == pytest.approx((-0.005, 0.055))
    # Only deviations of 3 / 100 reach the difference: 200 of 700.
    assert result.p_value == pytest.approx(201 / 701)


def test_identical_submissions_have_p_one() -> None:
    same = np.random.default_rng(1).normal(0.5, 0.1, 500)

    result = compare_pair((0.5, 0.5), np.stack([same, same]))

    assert isinstance(result, PairedComparison)
    assert (result.difference, result.p_value) == (0.0, 1.0)
    assert result.interval.method is IntervalMethod.SINGLE_POINT


def test_a_constant_difference_is_as_certain_as_the_resamples_allow() -> None:
    result = compare_pair((1.0, 0.0), np.stack([np.ones(99), np.zeros(99)]))

    assert isinstance(result, PairedComparison)
    assert result.p_value == 0.01


def test_nearly_identical_submissions_keep_their_error() -> None:
    shared, other, little = np.random.default_rng(2).normal(size=(3, 400))
    # The variance of the first difference is lost where large covariances are subtracted.
    replicates = np.stack([1e3 * shared, 1e3 * shared - 2e-6 + 1e-6 * little, 1e3 * other])
    scores = [0.0, -2e-6, 0.0]

    tests = pairwise_tests(scores, replicates)

    assert isinstance(tests, PairwiseTests)
    slow = slow_step_down(np.array(scores), replicates)
    assert tests.p_value.tolist() == pytest.approx([slow[0, 1], slow[0, 2], slow[1, 2]])


def test_resamples_without_a_score_are_left_out_together() -> None:
    scores, replicates = board(4, 3)
    replicates[1, :10] = np.nan

    tests = pairwise_tests(scores, replicates)

    assert isinstance(tests, PairwiseTests)
    assert tests.n_undefined == 10
    replicates[1:, 10:200] = np.nan
    assert compare_pair((0.5, 0.4), replicates[1:]) == Undefined(
        Reason.TOO_MANY_UNDEFINED_REPLICATES
    )
    assert pairwise_tests(scores, replicates) == Undefined(Reason.TOO_MANY_UNDEFINED_REPLICATES)


def test_more_pairs_never_lower_a_p_value() -> None:
    scores, replicates = board(6, 8)

    alone = pairwise_tests(scores, replicates, pairs=[(0, 1)])
    family = pairwise_tests(scores, replicates)

    assert isinstance(alone, PairwiseTests)
    assert isinstance(family, PairwiseTests)
    assert alone.p_value[0] <= family.p_value[0]


def test_large_boards_compare_with_the_best_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "LARGEST_FULL_FAMILY", 2)

    assert family_of_pairs([0.1, 0.9, 0.3, 0.8]) == [(0, 1), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_a_board_of_a_hundred_compares_all_pairs() -> None:
    assert len(family_of_pairs([0.5] * 100)) == 4950
    # 101: all but no pair of two outside the best hundred.
    assert len(family_of_pairs([0.5] * 102)) == 5150


def test_a_lone_submission_has_no_pair() -> None:
    tests = pairwise_tests([0.5], np.full((1, 50), 0.5))

    assert isinstance(tests, PairwiseTests)
    assert tests.p_value.size == 0


def test_scores_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="2 finite scores needed"):
        pairwise_tests([0.5, np.nan], np.zeros((2, 5)))
    with pytest.raises(ValueError, match="2 finite scores needed"):
        pairwise_tests([0.5, 0.4], np.zeros((3, 5)))


def test_few_units_widen_the_spread_by_students_t() -> None:
    # t quantiles .975 with 48 and 9 degrees of freedom are 2.010635 and 2.262157.
    assert small_sample_factor(49) == pytest.approx(
        2.010635 / 1.959964 * (49 / 48) ** 0.5, abs=1e-6
    )
    assert small_sample_factor(10) == pytest.approx(2.262157 / 1.959964 * (10 / 9) ** 0.5, abs=1e-6)
    assert small_sample_factor(10**6) == pytest.approx(1.0, abs=1e-5)
    with pytest.raises(ValueError, match="no spread from 1 units"):
        small_sample_factor(1)


def test_few_units_raise_the_p_value_of_a_pair() -> None:
    spread = np.tile(np.array([-3, -2, -1, 0, 1, 2, 3]) / 100, 100)
    replicates = np.stack([0.529 + spread, np.full(700, 0.5)])

    plain = compare_pair((0.529, 0.5), replicates)
    few = compare_pair((0.529, 0.5), replicates, n_units=5)

    assert isinstance(plain, PairedComparison)
    assert isinstance(few, PairedComparison)
    assert plain.p_value == pytest.approx(201 / 701)
    # Five units widen by 1.58: deviations of 2 / 100 reach the difference too.
    assert few.p_value == pytest.approx(401 / 701)
    assert few.interval == plain.interval
