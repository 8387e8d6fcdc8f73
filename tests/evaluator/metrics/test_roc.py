import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from evaluator.metrics.roc import roc_auc
from tests.oracles import slow_auc

LABELS = np.array([False] * 7 + [True] * 6)


@pytest.mark.parametrize(
    ("confidence", "area"),
    [
        ([0.10, 0.20, 0.20, 0.35, 0.40, 0.55, 0.70, 0.30, 0.55, 0.60, 0.80, 0.90, 0.95], 35.5 / 42),
        ([0.15, 0.50, 0.25, 0.60, 0.20, 0.45, 0.65, 0.40, 0.30, 0.70, 0.55, 0.85, 0.60], 30.5 / 42),
    ],
)
def test_two_examples_that_r_agrees_on(confidence: list[float], area: float) -> None:
    # 0.845238095238 and 0.726190476190 in pROC
    assert roc_auc(LABELS, np.array(confidence)) == pytest.approx(area, abs=1e-12)


def test_a_constant_confidence_has_half_the_area() -> None:
    assert roc_auc(LABELS, np.full(13, 0.4)) == 0.5


@pytest.mark.parametrize("label", [True, False])
def test_one_class_alone_is_undefined(*, label: bool) -> None:
    assert roc_auc(np.array([label, label]), np.array([0.1, 0.9])) is None


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        roc_auc(np.array([True, False]), np.array([0.1]))


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])),
        min_size=2,
        max_size=30,
    )
)
def test_the_area_equals_a_slow_one(found: list[tuple[bool, float]]) -> None:
    is_positive = [label for label, _ in found]
    confidence = [value for _, value in found]
    assume(any(is_positive) and not all(is_positive))

    area = roc_auc(np.array(is_positive), np.array(confidence))

    assert area == pytest.approx(slow_auc(is_positive, confidence), abs=1e-12)
