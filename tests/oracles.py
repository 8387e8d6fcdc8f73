"""Metrics written a second time, slowly and plainly, to hold the real ones against.

Nothing here is vectorised, and nothing is shared with the code under test.
"""

import struct
from collections.abc import Sequence
from functools import cmp_to_key

Point = tuple[float, float]

FP_RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


def slow_match(
    mask: Sequence[Sequence[int]],
    itc_labels: set[int],
    detections: Sequence[tuple[float, int, int]],
) -> tuple[dict[int, float | None], list[float]]:
    """Look up (confidence, column, row) one by one; return lesion scores and false positives."""
    lesions: dict[int, float | None] = {
        label: None for row in mask for label in row if label and label not in itc_labels
    }
    false_positives = []
    for confidence, column, row in detections:
        inside = 0 <= row < len(mask) and 0 <= column < len(mask[0])
        label = mask[row][column] if inside else 0
        if label == 0:
            false_positives.append(confidence)
        elif label in lesions:
            before = lesions[label]
            lesions[label] = confidence if before is None else max(before, confidence)
    return lesions, false_positives


def slow_curve(
    lesions: Sequence[float | None], false_positives: Sequence[float], n_slides: int
) -> list[Point]:
    """Count at every distinct threshold, strictest first, after the point (0, 0)."""
    thresholds: list[float] = []
    for value in [*lesions, *false_positives]:
        if value is not None and value not in thresholds:
            thresholds.append(value)
    points = [(0.0, 0.0)]
    for threshold in sorted(thresholds, reverse=True):
        n_hit = 0
        for score in lesions:
            if score is not None and score >= threshold:
                n_hit += 1
        n_false = 0
        for confidence in false_positives:
            if confidence >= threshold:
                n_false += 1
        points.append((n_false / n_slides, n_hit / len(lesions)))
    return points


def slow_score(points: Sequence[Point]) -> float:
    """Average the sensitivity at six rates, on straight lines between points."""
    return sum(_on_line(points, rate) for rate in FP_RATES) / len(FP_RATES)


def slow_stepped_score(points: Sequence[Point]) -> float:
    """Average the sensitivity of the first point at or beyond each rate."""
    found = []
    for rate in FP_RATES:
        beyond = [sensitivity for fps, sensitivity in points if fps >= rate]
        found.append(beyond[0] if beyond else points[-1][1])
    return sum(found) / len(found)


def slow_curve_2016(
    lesions: Sequence[float | None],
    n_ignored_regions: int,
    false_positives: Sequence[float],
    n_slides: int,
) -> list[Point]:
    """Count as a script does that mixes single-precision hits with double-precision others."""
    hits = [single(score or 0.0) for score in lesions] + [0.0] * n_ignored_regions

    def compare(a: float, b: float) -> int:
        return (single(a) > single(b)) - (single(a) < single(b))

    values = sorted(set([*false_positives, *hits]), key=cmp_to_key(compare))  # noqa: C405 - order
    points = []
    for threshold in values[1:]:
        n_false = sum(1 for confidence in false_positives if confidence >= threshold)
        n_hit = sum(1 for score in hits if score >= single(threshold))
        points.append((n_false / n_slides, n_hit / len(lesions)))
    return [(0.0, 0.0), *reversed(points)]


def single(value: float) -> float:
    """Round to single precision by writing and reading four bytes."""
    (found,) = struct.unpack("<f", struct.pack("<f", value))
    return float(found)


def slow_auc(is_positive: Sequence[bool], confidence: Sequence[float]) -> float:
    """Compare every positive with every negative; a tie counts half."""
    wins = 0.0
    pairs = 0
    for is_first, first in zip(is_positive, confidence, strict=True):
        for is_second, second in zip(is_positive, confidence, strict=True):
            if is_first and not is_second:
                pairs += 1
                wins += 1.0 if first > second else 0.5 if first == second else 0.0
    return wins / pairs


def slow_kappa(reference: Sequence[int], submitted: Sequence[int]) -> float:
    """Weigh every pair of patients' classes by squared distance: observed over expected."""
    observed = sum((a - b) ** 2 for a, b in zip(reference, submitted, strict=True))
    expected = sum((a - b) ** 2 for a in reference for b in submitted) / len(reference)
    return 1 - observed / expected


def _on_line(points: Sequence[Point], rate: float) -> float:
    last = max(index for index, (fps, _) in enumerate(points) if fps <= rate)
    if last == len(points) - 1:
        return points[last][1]
    (left, low), (right, high) = points[last], points[last + 1]
    return low + (high - low) * (rate - left) / (right - left)
