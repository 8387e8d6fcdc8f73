import numpy as np
import pytest

from evaluator.metrics import rate_crossings
from evaluator.metrics.rate_crossings import _largest_within, find_crossings
from evaluator.metrics.resampling import every_unit_once
from tests.evaluator.metrics.records import random_record, record


def test_the_group_that_goes_over_a_rate_is_found_with_its_counts() -> None:
    fps = [(0, 0.9), (1, 0.7), (0, 0.7), (1, 0.2)]
    (block,) = find_crossings(record([(0, 0.5)], fps, 2), every_unit_once(2), (0.25, 0.5, 1.0, 8.0))

    assert block.confidence[:, 0].tolist() == [0.9, 0.7, 0.7, -np.inf]
    assert block.fps_before[:, 0].tolist() == [0, 1, 1, 4]
    assert block.fps_through[:, 0].tolist() == [1, 3, 3, 4]


def test_a_slide_drawn_twice_counts_its_false_positives_twice() -> None:
    fps = [(0, 0.9), (1, 0.7)]
    (block,) = find_crossings(record([(0, 0.5)], fps, 2), np.array([[2, 0]], np.uint8), (0.5,))

    assert block.confidence.tolist() == [[0.9]]
    assert block.fps_through.tolist() == [[2]]


def test_too_few_false_positives_kept_are_noticed_and_doubled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matched = random_record(3, 4000)
    weights = np.zeros((3, 40), np.uint8)
    # All draws fall on one slide, whose few false positives lie far down the list.
    weights[:, 7] = 40
    whole = next(iter(find_crossings(matched, weights, (8.0,))))

    monkeypatch.setattr(rate_crossings, "SHARE_KEPT", 0.01)
    headless = next(iter(find_crossings(matched, weights, (8.0,))))

    assert np.array_equal(headless.confidence, whole.confidence)
    assert np.array_equal(headless.fps_through, whole.fps_through)


def test_blocks_cover_every_resample_once() -> None:
    weights = np.ones((2500, 40), np.uint8)

    rows = [block.rows for block in find_crossings(random_record(1, 100), weights, (1.0,))]

    assert rows == [slice(0, 1000), slice(1000, 2000), slice(2000, 2500)]


def test_many_ties_take_no_more_memory_than_groups_and_slides() -> None:
    fps = [(slide, 0.3) for slide in range(4) for _ in range(5000)]
    (block,) = find_crossings(record([(0, 0.5)], fps, 4), np.full((1, 4), 200, np.uint8), (8.0,))

    # 20,000 false positives, each slide drawn 200 times: far beyond 16 bits.
    assert block.fps_through.tolist() == [[4_000_000]]


def test_rates_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="rates must be 0 or more"):
        next(find_crossings(random_record(1, 5), every_unit_once(40), (-1.0,)))
    with pytest.raises(ValueError, match="rates must be 0 or more"):
        next(find_crossings(random_record(1, 5), every_unit_once(40), ()))


def test_the_largest_count_within_a_rate_is_judged_by_its_quotient() -> None:
    slides = np.repeat(np.arange(1, 200), 60)
    count = np.tile(np.arange(1, 61), 199)
    rate = count / slides

    at = [int(_largest_within(r, np.array([s]))[0]) for r, s in zip(rate, slides, strict=True)]
    below = [
        int(_largest_within(float(np.nextafter(r, 0)), np.array([s]))[0])
        for r, s in zip(rate, slides, strict=True)
    ]

    assert at == count.tolist()
    assert below == (count - 1).tolist()
