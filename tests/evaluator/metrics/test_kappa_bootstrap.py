import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import cohen_kappa_score

from evaluator.metrics.intervals import (
    Interval,
    IntervalMethod,
    Reason,
    Undefined,
    percentile_interval,
)
from evaluator.metrics.kappa_bootstrap import (
    accuracy_replicates,
    kappa_interval,
    kappa_replicates,
)
from evaluator.metrics.resampling import every_unit_once, resample_matrix
from tests.evaluator.metrics.slow_replicates import Codes, slow_kappa

KAPPA_1 = [
    [20, 2, 1, 0, 0],
    [3, 4, 3, 1, 0],
    [1, 2, 12, 3, 0],
    [0, 0, 2, 22, 4],
    [0, 0, 0, 3, 17],
]
# Agresti's SexualFun, as in R's vcd.
KAPPA_2 = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]


def pairs(table: list[list[int]]) -> tuple[Codes, Codes]:
    counts = np.array(table)
    true, given = np.indices(counts.shape)
    return np.repeat(true.ravel(), counts.ravel()), np.repeat(given.ravel(), counts.ravel())


def kappa(reference: list[int], submitted: list[int]) -> float:
    weights = every_unit_once(len(reference))
    return float(kappa_replicates(np.array(reference), np.array(submitted), weights)[0])


@pytest.mark.parametrize(
    ("table", "published"), [(KAPPA_1, 0.919943489522), (KAPPA_2, 0.332045586247)]
)
def test_published_tables_give_their_quadratic_kappa(
    table: list[list[int]], published: float
) -> None:
    reference, submitted = pairs(table)

    replicates = kappa_replicates(reference, submitted, every_unit_once(reference.size))

    assert replicates[0] == pytest.approx(published, abs=5e-13)


def test_the_bootstrap_of_a_table_gives_the_intervals_of_scipy_and_boot() -> None:
    reference, submitted = pairs(KAPPA_1)
    names = [f"patient_{number:03}" for number in range(100)]
    weights = resample_matrix("staging", names, ["one"] * 100, 20_000).weights

    replicates = kappa_replicates(reference, submitted, weights)

    percentile = percentile_interval(replicates)
    bca = kappa_interval(reference, submitted, replicates)
    assert isinstance(percentile, Interval)
    assert (percentile.low, percentile.high) == pytest.approx((0.8746, 0.9533), abs=0.002)
    assert isinstance(bca, Interval)
    assert bca.method is IntervalMethod.BCA
    assert (bca.low, bca.high) == pytest.approx((0.8700, 0.9511), abs=0.002)


def test_degenerate_pairs_give_their_named_values() -> None:
    assert np.isnan(kappa([2, 2, 2], [2, 2, 2]))
    assert kappa([0, 1, 4], [2, 2, 2]) == 0.0
    assert kappa([2, 2, 2], [0, 1, 4]) == 0.0
    assert kappa([1, 1, 1], [3, 3, 3]) == 0.0
    assert kappa([0, 1, 2, 3, 4], [4, 3, 2, 1, 0]) == -1.0
    assert kappa([0, 4], [0, 4]) == 1.0


def test_absent_classes_keep_their_distance() -> None:
    assert kappa([0, 1, 4, 4, 0], [0, 4, 4, 1, 1]) == pytest.approx(0.3871, abs=5e-5)


codes = st.integers(0, 4)


@settings(deadline=None)  # the slow way takes its time on a busy machine
@given(st.data())
def test_replicates_are_bit_for_bit_the_definition_over_the_drawn_patients(
    data: st.DataObject,
) -> None:
    both = data.draw(st.lists(st.tuples(codes, codes), min_size=1, max_size=12))
    reference, submitted = np.array(both).T
    row = st.lists(st.integers(0, 3), min_size=len(both), max_size=len(both))
    weights = np.array(data.draw(st.lists(row, min_size=1, max_size=4)), np.uint8)

    replicates = kappa_replicates(reference, submitted, weights)

    slow = [slow_kappa(reference, submitted, draw, 5) for draw in weights]
    np.testing.assert_array_equal(replicates, slow)


def test_replicates_agree_with_scikit_learn() -> None:
    generator = np.random.default_rng(4)
    reference = generator.integers(0, 5, 100)
    submitted = np.clip(reference + generator.integers(-1, 2, 100), 0, 4)
    names = [f"patient_{number:03}" for number in range(100)]
    weights = resample_matrix("staging", names, ["one"] * 100, 30).weights

    replicates = kappa_replicates(reference, submitted, weights)

    for draw, replicate in zip(weights, replicates, strict=True):
        peer = cohen_kappa_score(
            np.repeat(reference, draw),
            np.repeat(submitted, draw),
            labels=list(range(5)),
            weights="quadratic",
        )
        assert replicate == pytest.approx(peer, abs=1e-12)


@given(st.lists(st.tuples(codes, codes), min_size=1, max_size=20))
def test_kappa_is_symmetric_and_at_most_one(both: list[tuple[int, int]]) -> None:
    reference, submitted = np.array(both).T

    one = kappa(reference.tolist(), submitted.tolist())
    other = kappa(submitted.tolist(), reference.tolist())

    assert one == other or (np.isnan(one) and np.isnan(other))
    assert not one > 1.0


def test_one_class_on_both_sides_has_no_interval() -> None:
    same = np.array([3, 3, 3])

    assert kappa_interval(same, same, np.full(9, np.nan)) == Undefined(Reason.SINGLE_CLASS)


def test_perfect_agreement_is_a_point_that_says_so() -> None:
    reference = np.array([0, 1, 2, 3, 4, 4])

    interval = kappa_interval(reference, reference, np.ones(50))

    assert interval == Interval(1.0, 1.0, IntervalMethod.SINGLE_POINT, Reason.EQUAL_REPLICATES)


def test_accuracy_replicates_count_what_agrees() -> None:
    reference, submitted = pairs(KAPPA_1)
    weights = np.vstack([every_unit_once(100), np.zeros((1, 100), np.uint8)])

    replicates = accuracy_replicates(reference, submitted, weights)

    assert replicates[0] == 0.75
    assert np.isnan(replicates[1])


def test_pairs_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="kappa needs pairs"):
        kappa([0, 1], [0])
    with pytest.raises(ValueError, match="kappa needs pairs"):
        kappa([], [])
    with pytest.raises(ValueError, match="code is negative"):
        kappa([0, -1], [0, 1])
    with pytest.raises(ValueError, match="too many units or classes"):
        kappa([0, 10**6], [0, 10**6])
