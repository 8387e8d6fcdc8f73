import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn.metrics import roc_auc_score

from evaluator.metrics.auc_bootstrap import auc_replicates
from evaluator.metrics.resampling import every_unit_once, resample_matrix
from tests.evaluator.metrics.slow_replicates import slow_auc

confidences = st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0])


@given(st.data())
def test_replicates_are_bit_for_bit_the_pairs_won_by_drawn_slides(data: st.DataObject) -> None:
    slides = data.draw(st.lists(st.tuples(st.booleans(), confidences), min_size=1, max_size=12))
    is_positive = np.array([positive for positive, _ in slides])
    confidence = np.array([value for _, value in slides])
    row = st.lists(st.integers(0, 3), min_size=len(slides), max_size=len(slides))
    weights = np.array(data.draw(st.lists(row, min_size=1, max_size=4)), np.uint8)

    replicates = auc_replicates(is_positive, confidence, weights)

    slow = [slow_auc(is_positive, confidence, draw) for draw in weights]
    np.testing.assert_array_equal(replicates, slow)


def test_replicates_agree_with_scikit_learn() -> None:
    generator = np.random.default_rng(8)
    is_positive = np.arange(129) < 49
    confidence = np.round(generator.normal(is_positive * 1.5), 1)
    names = [f"test_{number:03}" for number in range(129)]
    strata = np.where(is_positive, "tumour", "normal").tolist()
    weights = resample_matrix("slides", names, strata, 30).weights

    replicates = auc_replicates(is_positive, confidence, weights)

    for draw, replicate in zip(weights, replicates, strict=True):
        peer = roc_auc_score(np.repeat(is_positive, draw), np.repeat(confidence, draw))
        assert replicate == pytest.approx(peer, abs=1e-12)


def test_a_sample_of_one_class_is_undefined() -> None:
    replicates = auc_replicates(np.array([True, True]), np.array([0.2, 0.3]), every_unit_once(2))

    assert np.isnan(replicates).all()


def test_confidences_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        auc_replicates(np.array([True, False]), np.array([0.2]), every_unit_once(2))
    with pytest.raises(ValueError, match="not finite"):
        auc_replicates(np.array([True, False]), np.array([0.2, np.nan]), every_unit_once(2))
