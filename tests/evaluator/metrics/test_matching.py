import numpy as np
from hypothesis import given, strategies as st

from evaluator.metrics.matching import match
from tests.evaluator.makers import mask
from tests.oracles import slow_match


def test_a_published_mask_with_three_regions() -> None:
    # MONAI's test of its FROC: detections (1.0 on label 1), (.6 on background), (.8 on label 3).
    regions = mask([[0, 0, 1, 1], [2, 2, 0, 0], [0, 3, 3, 0], [0, 3, 3, 3]])
    label = regions.labels_at(np.array([3, 0, 1]), np.array([0, 2, 3]))

    found = match(label, np.array([1.0, 0.6, 0.8]), regions.is_itc_sized)

    assert label.tolist() == [1, 0, 3]
    assert found.lesion_label.tolist() == [1, 2, 3]
    assert found.lesion_score.tolist() == [1.0, -np.inf, 0.8]
    assert found.fp_confidence.tolist() == [0.6]


def test_the_highest_of_several_hits_counts_and_the_others_are_dropped() -> None:
    found = match(np.array([1, 1, 1]), np.array([0.2, 0.9, 0.4]), np.array([False, False]))

    assert found.lesion_score.tolist() == [0.9]
    assert found.fp_confidence.tolist() == []


def test_a_hit_on_an_itc_sized_region_is_neither_hit_nor_false_positive() -> None:
    found = match(np.array([1, 2]), np.array([0.7, 0.8]), np.array([False, True, False]))

    assert found.lesion_label.tolist() == [2]
    assert found.fp_confidence.tolist() == []
    assert (found.n_ignored, found.n_ignored_regions) == (1, 1)


def test_on_a_slide_without_regions_every_detection_is_a_false_positive() -> None:
    found = match(np.array([0, 0]), np.array([0.7, 0.8]), np.array([False]))

    assert found.lesion_label.tolist() == []
    assert found.fp_confidence.tolist() == [0.7, 0.8]


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=5, max_size=5),
    st.sets(st.integers(1, 4)),
    st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.integers(0, 7), st.integers(0, 7))),
)
def test_matching_equals_a_slow_one(
    rows: list[list[int]], itc: set[int], detections: list[tuple[float, int, int]]
) -> None:
    present = {label for row in rows for label in row}
    number = {label: index for index, label in enumerate(sorted(present | {0}))}
    dense = [[number[label] for label in row] for row in rows]
    itc_labels = {number[label] for label in itc & present}
    regions = mask(dense, itc=sorted(itc_labels))
    confidence = np.array([item[0] for item in detections], dtype=np.float64)
    columns = np.array([item[1] for item in detections], dtype=np.int64)
    lines = np.array([item[2] for item in detections], dtype=np.int64)

    found = match(regions.labels_at(columns, lines), confidence, regions.is_itc_sized)
    lesions, false_positives = slow_match(dense, itc_labels, detections)

    scores = [None if score == -np.inf else score for score in found.lesion_score.tolist()]
    assert dict(zip(found.lesion_label.tolist(), scores, strict=True)) == lesions
    assert found.fp_confidence.tolist() == false_positives
