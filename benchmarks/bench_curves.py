"""Measures FROC curves beside the usual loops over thresholds, whole submissions, and growth.

    python benchmarks/bench_curves.py

Needs the folder of real data: detections are made, the truth is that of the CAMELYON16 test set.
Ratios are of CPU time in one process. Exits with 1 where a limit is broken.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from annotation_files import data_folder

from evaluator.errors import Findings
from evaluator.forms.detections import DetectionBounds, Detections, read_detections
from evaluator.metrics.froc import FrocCurve, LesionOutcomes, froc_curve
from evaluator.metrics.froc_bootstrap import froc_replicates
from evaluator.metrics.matched_record import MatchedRecord
from evaluator.results.parameters import LesionParameters
from evaluator.scoring.lesions import pooled_outcomes, score_slide
from evaluator.scoring.resamples import resamples_of
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import load_truth

N_RESAMPLES = 10_000
TIMED_THRESHOLDS = 20
"""Thresholds that the slow loops run; the rest is extrapolated."""
LEAST_TIMES_LISTS = 10_000.0
LEAST_TIMES_ARRAYS = 200.0
MOST_SECONDS = {N_RESAMPLES: 0.25, 0: 0.08}
"""CPU seconds of a submission of 1,000 detections a slide, by resamples."""
SIZE = 60_000
REPEATS = 5

MEASURED = """
import json, sys, time
from pathlib import Path
from evaluator.scoring.evaluation import evaluate
from evaluator.results.parameters import LesionParameters
from ground_truth.types import Kind
from ground_truth.versions.version import load_truth

truth = load_truth(Path(sys.argv[1]))
for _ in range(2):  # the first run also imports what scoring imports late
    began = time.process_time()
    evaluate(
        Kind.LESIONS, Path(sys.argv[2]), truth, LesionParameters(), n_resamples=int(sys.argv[3])
    )
    seconds = time.process_time() - began
print(json.dumps(seconds))
"""


@dataclass(frozen=True, slots=True)
class Matched:
    """One made submission, matched: for the curve and for its resamples."""

    outcomes: LesionOutcomes
    record: MatchedRecord


def main() -> None:
    """Measure everything and hold it against the limits."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        version = build_camelyon16(data_folder(), root)
        truth = load_truth(root / version)
        kept = [_curves(truth), *_submissions(root / version, truth, root)]
    _growth(truth)
    sys.exit(0 if all(kept) else 1)


def curve_from_lists(outcomes: LesionOutcomes, thresholds: list[float]) -> list[tuple[int, int]]:
    """Count at each threshold as published scripts do, over lists made into arrays each time."""
    false_positives = outcomes.fp_confidence.tolist()
    hits = outcomes.lesion_score.tolist()
    return [
        (
            int((np.asarray(false_positives) >= threshold).sum()),
            int((np.asarray(hits) >= threshold).sum()),
        )
        for threshold in thresholds
    ]


def curve_from_arrays(outcomes: LesionOutcomes, thresholds: list[float]) -> list[tuple[int, int]]:
    """Count at each threshold, over arrays."""
    false_positives, hits = outcomes.fp_confidence, outcomes.lesion_score
    return [
        (int((false_positives >= threshold).sum()), int((hits >= threshold).sum()))
        for threshold in thresholds
    ]


def _curves(truth: GroundTruth) -> bool:
    outcomes = _matched(truth, 1000).outcomes
    curve = froc_curve(outcomes)
    thresholds = curve.threshold[1:]
    some = thresholds[:: max(1, thresholds.size // TIMED_THRESHOLDS)][:TIMED_THRESHOLDS].tolist()
    seconds = _cpu(lambda: froc_curve(outcomes))
    print(f"curve of {outcomes.fp_confidence.size:,} false positives: {seconds * 1000:.1f} ms")
    return all(
        _is_so_many_times(curve, seconds, outcomes, some, loop)
        for loop in (
            (curve_from_lists, LEAST_TIMES_LISTS),
            (curve_from_arrays, LEAST_TIMES_ARRAYS),
        )
    )


def _is_so_many_times(
    curve: FrocCurve,
    seconds: float,
    outcomes: LesionOutcomes,
    thresholds: list[float],
    loop: tuple[Callable[[LesionOutcomes, list[float]], list[tuple[int, int]]], float],
) -> bool:
    count, least = loop
    places = np.searchsorted(-curve.threshold, [-one for one in thresholds])
    assert count(outcomes, thresholds) == [
        (
            round(curve.fps_per_slide[place] * outcomes.n_slides),
            round(curve.sensitivity[place] * outcomes.lesion_score.size),
        )
        for place in places
    ]
    peer = _cpu(lambda: count(outcomes, thresholds)) / len(thresholds) * (curve.threshold.size - 1)
    print(
        f"{count.__name__}: {peer:.1f} s (from {len(thresholds)} of {curve.threshold.size - 1:,} "
        f"thresholds), {peer / seconds:,.0f} times; limit {least:,.0f}: "
        f"{_verdict(kept=peer >= least * seconds)}"
    )
    return peer >= least * seconds


def _submissions(version: Path, truth: GroundTruth, folder: Path) -> list[bool]:
    files = folder / "files"
    files.mkdir()
    packed = folder / "upload.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, slide in enumerate(truth.slides_for(Kind.LESIONS)):
            content = _csv(_made(number, 1000))
            (files / f"{slide.slide}.csv").write_text(content)
            archive.writestr(f"{slide.slide}.csv", content)
    kept = []
    for n_resamples, most in MOST_SECONDS.items():
        seconds = _seconds(version, files, n_resamples)
        kept.append(seconds <= most)
        print(
            f"submission of 128 files with 1,000 detections each, {n_resamples:,} resamples: "
            f"{seconds:.3f} s; limit {most} s: {_verdict(kept=kept[-1])}; as a zip "
            f"{_seconds(version, packed, n_resamples):.3f} s"
        )
    return kept


def _seconds(version: Path, submission: Path, n_resamples: int) -> float:
    """Return the least CPU time of scoring a submission, imports aside, over fresh processes."""
    command = [sys.executable, "-c", MEASURED, str(version), str(submission), str(n_resamples)]
    return min(
        float(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))  # noqa: S603 - our own interpreter
        for _ in range(REPEATS)
    )


def _growth(truth: GroundTruth) -> None:
    print("detections a slide | reading | matching | curve | 10,000 resamples (CPU ms, 128 slides)")
    resamples = resamples_of(Kind.LESIONS, truth, N_RESAMPLES)
    assert resamples is not None
    weights = resamples.weights
    for n_detections in (100, 1000, 10_000):
        files = [_csv(_made(number, n_detections)).encode() for number in range(128)]
        matched = _matched(truth, n_detections)
        seconds = [
            _cpu(lambda files=files: _read(files)),  # type: ignore[misc]
            _cpu(lambda n=n_detections: _matched(truth, n))
            - _cpu(lambda n=n_detections: _all_made(n)),  # type: ignore[misc]
            _cpu(lambda one=matched: froc_curve(one.outcomes)),  # type: ignore[misc]
            _cpu(lambda one=matched: froc_replicates(one.record, weights)),  # type: ignore[misc]
        ]
        print(f"{n_detections:>18,} | " + " | ".join(f"{1000 * one:.1f}" for one in seconds))


def _matched(truth: GroundTruth, n_detections: int) -> Matched:
    slides = truth.slides_for(Kind.LESIONS)
    parts = [
        score_slide(_made(number, n_detections), slide, LesionParameters()).matching
        for number, slide in enumerate(slides)
    ]
    outcomes = pooled_outcomes(parts)
    place = np.arange(len(slides))
    record = MatchedRecord(
        outcomes.lesion_score,
        np.repeat(place, [part.lesion_score.size for part in parts]),
        outcomes.fp_confidence,
        np.repeat(place, [part.fp_confidence.size for part in parts]),
        len(slides),
    )
    return Matched(outcomes, record)


def _made(number: int, n_detections: int) -> Detections:
    """Return detections anywhere on a slide, with single-precision confidences as networks give.

    The same for the same number.
    """
    generator = np.random.default_rng(number)
    confidence = generator.uniform(0.000001, 1.0, n_detections).astype(np.float32)
    confidence = np.array([float(str(one)) for one in confidence])
    x, y = np.floor(generator.uniform(0.0, SIZE, (2, n_detections)))
    return Detections(confidence, x, y)


def _all_made(n_detections: int) -> None:
    for number in range(128):
        _made(number, n_detections)


def _csv(detections: Detections) -> str:
    columns = (detections.confidence, detections.x, detections.y)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "".join(f"{confidence!r},{x:.0f},{y:.0f}\n" for confidence, x, y in rows)


def _read(files: list[bytes]) -> None:
    findings = Findings()
    for number, content in enumerate(files):
        read_detections(content, DetectionBounds(None, None, 10_000), f"{number}.csv", findings)
    assert not findings.counts


def _cpu(work: Callable[[], object]) -> float:
    """Return the least CPU time of a few runs, after one to warm up."""
    work()
    seconds = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


def _verdict(*, kept: bool) -> str:
    return "kept" if kept else "BROKEN"


if __name__ == "__main__":
    main()
