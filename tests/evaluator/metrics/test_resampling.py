import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.metrics.resampling import (
    SMALLEST_STRATUM,
    _count_rows,
    check_weights,
    every_unit_once,
    leave_one_out,
    merge_small_strata,
    resample_matrix,
)
from tests.evaluator.metrics.slow_replicates import slow_matrix

SLIDES = [f"test_{number:03}" for number in range(1, 130)]
STRATA = ["tumour"] * 49 + ["normal"] * 80


def test_the_matrix_of_a_whole_test_set_has_the_digest_it_was_published_with() -> None:
    matrix = resample_matrix("lesions", SLIDES, STRATA)

    assert matrix.weights.shape == (10_000, 129)
    assert matrix.sha256 == "6b6a39d48c7c78b18137f5928783cc54a39f39169dc658785054fc717a3acc9f"


def test_a_small_matrix_has_the_multiplicities_it_always_had() -> None:
    matrix = resample_matrix("staging", ["p1", "p2", "p3", "p4", "p5", "p6"], ["a"] * 6, 3)

    assert matrix.weights.tolist() == [[1, 1, 2, 1, 1, 0], [1, 1, 0, 1, 1, 2], [0, 2, 1, 1, 0, 2]]
    assert matrix.sha256 == "409613d734a1610371096df377229e7e33e82479c263d05a6be06d886ab5c35e"


def test_the_matrix_equals_one_drawn_word_by_word() -> None:
    units = [f"slide_{number:02}" for number in range(13)]
    strata = ["tumour"] * 6 + ["normal"] * 7

    matrix = resample_matrix("lesions", units, strata, 40)

    # The first 16 bytes of SHA-256 over [1,"lesions",[names],[strata]] as JSON without blanks.
    seed = 0x13B4BC9721194735D87F458E0BFD5DFC
    assert matrix.weights.tolist() == slow_matrix(seed, strata, 40)


def test_the_order_of_the_units_does_not_matter() -> None:
    forwards = resample_matrix("lesions", SLIDES, STRATA, 50)
    backwards = resample_matrix("lesions", SLIDES[::-1], STRATA[::-1], 50)

    assert backwards.units == tuple(SLIDES)
    assert backwards.sha256 == forwards.sha256


def test_fewer_resamples_are_a_prefix_of_more() -> None:
    few = resample_matrix("lesions", SLIDES, STRATA, 7).weights

    assert np.array_equal(few, resample_matrix("lesions", SLIDES, STRATA, 70).weights[:7])


def test_kind_names_and_strata_each_change_the_matrix() -> None:
    digests = {
        resample_matrix("lesions", SLIDES, STRATA, 5).sha256,
        resample_matrix("slides", SLIDES, STRATA, 5).sha256,
        resample_matrix("lesions", [*SLIDES[:-1], "test_130"], STRATA, 5).sha256,
        resample_matrix("lesions", SLIDES, ["tumour"] * 50 + ["normal"] * 79, 5).sha256,
    }

    assert len(digests) == 4


def test_every_stratum_keeps_its_size_in_every_resample() -> None:
    weights = resample_matrix("lesions", SLIDES, STRATA, 200).weights

    assert set(weights[:, :49].sum(axis=1).tolist()) == {49}
    assert set(weights[:, 49:].sum(axis=1).tolist()) == {80}


def test_each_unit_is_drawn_once_on_average() -> None:
    weights = resample_matrix("lesions", SLIDES, STRATA).weights

    # Standard error of a column's mean is 0.01.
    assert np.abs(weights.mean(axis=0) - 1).max() < 0.045
    assert weights[:, 49:].var() == pytest.approx(1 - 1 / 80, abs=0.01)


def test_a_small_stratum_joins_the_next_smallest_of_its_class() -> None:
    strata = ["tumour/a"] * 3 + ["tumour/b"] * 9 + ["normal/a"] * 5 + ["normal/b"] * 20

    merged = merge_small_strata(strata)

    assert merged == (
        *["tumour/a+tumour/b"] * 12,
        *["normal/a"] * 5,
        *["normal/b"] * 20,
    )


def test_a_small_class_joins_the_smallest_stratum_of_all() -> None:
    merged = merge_small_strata(["tumour"] * 4 + ["normal/a"] * 6 + ["normal/b"] * 7)

    assert merged == (*["normal/a+tumour"] * 10, *["normal/b"] * 7)


def test_a_single_small_stratum_stays() -> None:
    assert merge_small_strata(["tumour", "tumour"]) == ("tumour", "tumour")


@given(st.lists(st.sampled_from(["t/1", "t/2", "t/3", "n/1", "n/2"]), min_size=1, max_size=60))
def test_merging_leaves_no_small_stratum_but_a_last_one(strata: list[str]) -> None:
    merged = merge_small_strata(strata)

    sizes = [merged.count(name) for name in set(merged)]
    assert len(merged) == len(strata)
    assert min(sizes) >= SMALLEST_STRATUM or len(sizes) == 1


def test_units_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing to resample"):
        resample_matrix("lesions", [], [], 10)
    with pytest.raises(ValueError, match="nothing to resample"):
        resample_matrix("lesions", ["a"], ["t"], 0)
    with pytest.raises(ValueError, match="2 units but 1 strata"):
        resample_matrix("lesions", ["a", "b"], ["t"], 10)
    with pytest.raises(ValueError, match="named twice"):
        resample_matrix("lesions", ["a", "a"], ["t", "t"], 10)


def test_the_jackknife_leaves_out_each_unit_once() -> None:
    assert leave_one_out(3).tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert every_unit_once(3).tolist() == [[1, 1, 1]]


def test_weights_of_another_set_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(n_resamples, 3\)"):
        check_weights(every_unit_once(4), 3)
    with pytest.raises(ValueError, match="must be uint8"):
        check_weights(np.ones((2, 3)), 3)  # type: ignore[arg-type]  # a caller without types


def test_a_multiplicity_beyond_a_byte_is_refused_rather_than_wrapped() -> None:
    with pytest.raises(ValueError, match="does not fit in a byte"):
        _count_rows(np.zeros((1, 256), np.int64), 256)
