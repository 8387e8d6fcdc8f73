"""Computes replicates, tests and ranks a second, slow way: one resample or pair at a time."""

from fractions import Fraction
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.matched_record import MatchedRecord

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Draw = NDArray[np.uint8]
FP_RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


def slow_matrix(seed: int, strata: list[str], n_resamples: int) -> list[list[int]]:
    """Draw multiplicities word by word, in whole numbers of Python."""
    generator = np.random.PCG64(seed)
    rows = []
    for _ in range(n_resamples):
        words = [int(generator.random_raw()) for _ in strata]
        row = [0] * len(strata)
        for word, stratum in zip(words, strata, strict=True):
            members = [index for index, label in enumerate(strata) if label == stratum]
            row[members[((word >> 32) * len(members)) >> 32]] += 1
        rows.append(row)
    return rows


def slow_sensitivity(record: MatchedRecord, draw: Draw, rate: float) -> float:
    """Trace the curve of the drawn slides threshold by threshold and interpolate it."""
    points = _points(record, draw)
    if points is None:
        return float("nan")
    fps, sensitivity, _ = zip(*points, strict=True)
    return float(np.interp(rate, fps, sensitivity))


def slow_froc(record: MatchedRecord, draw: Draw) -> float:
    points = _points(record, draw)
    if points is None:
        return float("nan")
    fps, sensitivity, _ = zip(*points, strict=True)
    return sum(float(np.interp(rate, fps, sensitivity)) for rate in FP_RATES) / len(FP_RATES)


def slow_stepped(
    record: MatchedRecord, draw: Draw, rate: float, is_in_class: NDArray[np.bool_]
) -> float:
    """Count the class at the smallest confidence whose false positives are within the rate."""
    lesions = _drawn(record.lesion_score[is_in_class], record.lesion_slide[is_in_class], draw)
    points = _points(record, draw)
    if not lesions or points is None:
        return float("nan")
    threshold = min(point[2] for point in points if point[0] <= rate)
    return sum(score >= threshold for score in lesions) / len(lesions)


def slow_weighted_froc(record: MatchedRecord, draw: Draw, lesion_weight: Floats) -> float:
    """Trace a curve in which each drawn lesion adds its weight."""
    total = float((draw[record.lesion_slide] * lesion_weight).sum())
    n_slides = int(draw.sum())
    fps, sensitivity = [0.0], [0.0]
    values = {*record.lesion_score[np.isfinite(record.lesion_score)], *record.fp_confidence}
    for threshold in sorted(values, reverse=True):
        is_hit = record.lesion_score >= threshold
        found = float((draw[record.lesion_slide] * lesion_weight)[is_hit].sum())
        fps.append(int(draw[record.fp_slide][record.fp_confidence >= threshold].sum()) / n_slides)
        sensitivity.append(found / total)
    return float(np.mean(np.interp(FP_RATES, fps, sensitivity)))


def slow_kappa(reference: Codes, submitted: Codes, draw: Draw, n_classes: int) -> float:
    """Follow the definition: observed over expected weighted disagreement, in fractions."""
    pairs = [
        (int(true), int(given))
        for true, given, times in zip(reference, submitted, draw, strict=True)
        for _ in range(int(times))
    ]
    rows = [sum(true == code for true, _ in pairs) for code in range(n_classes)]
    columns = [sum(given == code for _, given in pairs) for code in range(n_classes)]
    observed = Fraction(sum((true - given) ** 2 for true, given in pairs))
    expected = sum(
        Fraction(rows[i] * columns[j], max(len(pairs), 1)) * (i - j) ** 2
        for i in range(n_classes)
        for j in range(n_classes)
    )
    return 1.0 - float(observed / expected) if expected else float("nan")


def slow_auc(is_positive: NDArray[np.bool_], confidence: Floats, draw: Draw) -> float:
    """Count the pairs that the drawn positives win, ties as halves."""
    slides = [index for index, times in enumerate(draw) for _ in range(int(times))]
    positives = [confidence[index] for index in slides if is_positive[index]]
    negatives = [confidence[index] for index in slides if not is_positive[index]]
    if not positives or not negatives:
        return float("nan")
    doubled = sum(2 * (p > n) + (p == n) for p in positives for n in negatives)
    return float(Fraction(int(doubled), 2 * len(positives) * len(negatives)))


def slow_step_down(estimates: Floats, replicates: Floats) -> dict[tuple[int, int], float]:
    """Adjust p-values pair by pair from the whole table of studentised differences."""
    pairs = list(combinations(range(len(estimates)), 2))
    statistic, table = _studentised(estimates, replicates, pairs)
    falling = sorted(range(len(pairs)), key=lambda index: -statistic[index])
    p_values, before = {}, 0.0
    for place, index in enumerate(falling):
        largest = table[falling[place:]].max(axis=0)
        p = (1 + int((largest >= statistic[index]).sum())) / (replicates.shape[1] + 1)
        before = max(before, p)
        p_values[pairs[index]] = before
    return p_values


def slow_rank_sets(estimates: Floats, replicates: Floats) -> list[tuple[int, int]]:
    """Reject pairs beyond the 95 % quantile of the largest one still held, until none is left."""
    n = len(estimates)
    pairs = list(combinations(range(n), 2))
    statistic, table = _studentised(estimates, replicates, pairs)
    held = set(range(len(pairs)))
    while held:
        critical = np.quantile(table[sorted(held)].max(axis=0), 0.95)
        rejected = {index for index in held if statistic[index] > critical}
        if not rejected:
            break
        held -= rejected
    apart = [pairs[index] for index in range(len(pairs)) if index not in held]
    wins = [(i, j) if estimates[i] > estimates[j] else (j, i) for i, j in apart]
    return [
        (1 + sum(loser == k for _, loser in wins), n - sum(winner == k for winner, _ in wins))
        for k in range(n)
    ]


def slow_tau(first: list[float], second: list[float]) -> float:
    """Compare every pair; ties in either ranking leave the denominator."""
    concordance = untied_first = untied_second = 0
    for i, j in combinations(range(len(first)), 2):
        one, other = np.sign(first[i] - first[j]), np.sign(second[i] - second[j])
        concordance += int(one * other)
        untied_first += int(abs(one))
        untied_second += int(abs(other))
    scale = untied_first * untied_second
    return concordance / scale**0.5 if scale else float("nan")


def _studentised(
    estimates: Floats, replicates: Floats, pairs: list[tuple[int, int]]
) -> tuple[Floats, Floats]:
    statistic, table = [], []
    for i, j in pairs:
        difference = estimates[i] - estimates[j]
        spread = replicates[i] - replicates[j]
        error = spread.std(ddof=1)
        statistic.append(abs(difference) / error)
        table.append(np.abs(spread - difference) / error)
    return np.array(statistic), np.array(table)


def _drawn(values: Floats, slides: Codes, draw: Draw) -> list[float]:
    return [
        float(value)
        for value, slide in zip(values, slides, strict=True)
        for _ in range(int(draw[slide]))
    ]


def _points(record: MatchedRecord, draw: Draw) -> list[tuple[float, float, float]] | None:
    """List (false positives per slide, sensitivity, threshold); None without a lesion."""
    lesions = _drawn(record.lesion_score, record.lesion_slide, draw)
    fps = _drawn(record.fp_confidence, record.fp_slide, draw)
    n_slides = int(draw.sum())
    if not lesions or n_slides == 0:
        return None
    thresholds = sorted({score for score in lesions if score > -np.inf} | set(fps), reverse=True)
    points = [(0.0, 0.0, np.inf)]
    for threshold in thresholds:
        n_fps = sum(confidence >= threshold for confidence in fps)
        n_hits = sum(score >= threshold for score in lesions)
        points.append((n_fps / n_slides, n_hits / len(lesions), threshold))
    return points
