"""Measures FROC curves beside the usual loops over thresholds, whole submissions, and growth.

Needs the folder of real data: detections are made, the truth is that of the CAMELYON16 test set.
Exits with 1 where a limit is broken.

    python -m benchmarks.bench_curves
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.annotation_files import data_folder
from benchmarks.fresh_process import run_module
from benchmarks.judging import Figure, judge
from benchmarks.made_detections import csv_of, made_detections, matched, matchings_of
from benchmarks.timing import REPEATS, Peer, against_peer, against_yardstick, in_yardsticks
from evaluator.errors import Findings
from evaluator.forms.detections import DetectionBounds, read_detections
from evaluator.metrics.froc import FrocCurve, LesionOutcomes, froc_curve
from evaluator.metrics.froc_bootstrap import froc_replicates
from evaluator.scoring.resamples import resamples_of
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import load_truth

N_RESAMPLES = 10_000
N_DETECTIONS = 1000
"""On each slide, unless growth is measured."""
TIMED_THRESHOLDS = 20
"""Thresholds that the slow loops run; the rest is extrapolated."""
LEAST_TIMES_LISTS = 20_000.0
LEAST_TIMES_ARRAYS = 600.0
"""Of a processor that sorts without vector instructions; the curve's own limit is below."""
MOST_SUBMISSION = {
    (N_RESAMPLES, "a folder"): 5.0,
    (N_RESAMPLES, "a zip"): 5.5,
    (0, "a folder"): 2.2,
    (0, "a zip"): 2.6,
}
"""Yardsticks of a whole submission, by resamples and form."""
MOST_GROWTH = {
    100: {"reading": 0.2, "matching": 0.17, "curve": 0.0105, "resamples": 1.2},
    1000: {"reading": 1.3, "matching": 0.28, "curve": 0.115, "resamples": 1.2},
    10_000: {"reading": 14, "matching": 1.2, "curve": 1.45, "resamples": 1.45},
}
"""Yardsticks of each step over all slides, by detections a slide."""

Loop = Callable[[LesionOutcomes, list[float]], list[tuple[int, int]]]


def main() -> None:
    """Measure everything and hold it against the limits."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        judge(_figures(root / build_camelyon16(data_folder(), root), root))


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


def _figures(version: Path, folder: Path) -> Iterator[Figure]:
    truth = load_truth(version)
    yield from _curves(truth)
    yield from _submissions(version, truth, folder)
    for n_detections, most in MOST_GROWTH.items():
        yield from _growth(truth, n_detections, most)


def _curves(truth: GroundTruth) -> Iterator[Figure]:
    slides = truth.slides_for(Kind.LESIONS)
    made = [made_detections(number, N_DETECTIONS) for number in range(len(slides))]
    outcomes = matched(matchings_of(made, slides)).outcomes
    curve = froc_curve(outcomes)
    thresholds = curve.threshold[1:]
    some = thresholds[:: max(1, thresholds.size // TIMED_THRESHOLDS)][:TIMED_THRESHOLDS].tolist()
    loops: tuple[tuple[str, Loop, float], ...] = (
        ("lists", curve_from_lists, LEAST_TIMES_LISTS),
        ("arrays", curve_from_arrays, LEAST_TIMES_ARRAYS),
    )
    for over, loop, least in loops:
        assert loop(outcomes, some) == _counted(curve, outcomes, some)
        yield against_peer(
            f"curve, against a loop over thresholds that counts in {over}",
            lambda: froc_curve(outcomes),
            Peer(lambda: loop(outcomes, some), len(some), thresholds.size, "thresholds"),  # noqa: B023 - timed before the next
            least,
        )


def _counted(
    curve: FrocCurve, outcomes: LesionOutcomes, thresholds: list[float]
) -> list[tuple[int, int]]:
    """Return false positives and hits at some of a curve's thresholds."""
    return [
        (
            round(curve.fps_per_slide[place] * outcomes.n_slides),
            round(curve.sensitivity[place] * outcomes.lesion_score.size),
        )
        for place in np.searchsorted(-curve.threshold, [-one for one in thresholds])
    ]


def _submissions(version: Path, truth: GroundTruth, folder: Path) -> Iterator[Figure]:
    """Score the same detections with and without resamples, as files and packed, in turns."""
    forms = _written(truth, folder)
    taken: dict[tuple[int, str], list[list[float]]] = {way: [] for way in MOST_SUBMISSION}
    for _ in range(REPEATS):
        for n_resamples, form in MOST_SUBMISSION:
            arguments = (str(version), str(forms[form]), str(n_resamples))
            output = run_module("benchmarks.scored_submission", *arguments).output
            taken[n_resamples, form].append(json.loads(output))
    for way, most in MOST_SUBMISSION.items():
        ours, yardsticks = (list(side) for side in zip(*taken[way], strict=True))
        what = f"submission of {N_DETECTIONS:,} detections a slide, {way[0]:,} resamples, {way[1]}"
        yield in_yardsticks(what, ours, yardsticks, most)


def _written(truth: GroundTruth, folder: Path) -> dict[str, Path]:
    """Write one submission as a folder and as a zip."""
    files, packed = folder / "files", folder / "upload.zip"
    files.mkdir()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, slide in enumerate(truth.slides_for(Kind.LESIONS)):
            content = csv_of(made_detections(number, N_DETECTIONS))
            (files / f"{slide.slide}.csv").write_text(content)
            archive.writestr(f"{slide.slide}.csv", content)
    return {"a folder": files, "a zip": packed}


def _growth(truth: GroundTruth, n_detections: int, most: Mapping[str, float]) -> Iterator[Figure]:
    slides = truth.slides_for(Kind.LESIONS)
    made = [made_detections(number, n_detections) for number in range(len(slides))]
    files = [csv_of(one).encode() for one in made]
    found = matched(matchings_of(made, slides))
    resamples = resamples_of(Kind.LESIONS, truth, N_RESAMPLES)
    assert resamples is not None
    steps = {
        "reading": lambda: _read(files),
        "matching": lambda: matchings_of(made, slides),
        "curve": lambda: froc_curve(found.outcomes),
        "resamples": lambda: froc_replicates(found.record, resamples.weights),
    }
    for step, work in steps.items():
        what = f"{step}, {n_detections:,} detections a slide"
        yield against_yardstick(what, work, most[step])


def _read(files: list[bytes]) -> None:
    findings = Findings()
    for number, content in enumerate(files):
        read_detections(content, DetectionBounds(None, None, 10_000), f"{number}.csv", findings)
    assert not findings.counts


if __name__ == "__main__":
    main()
