"""Measures masks and lesions on the 85 real annotation files, side by side with peers.

On every file our steps, the peers and the yardstick are timed in turns. Exits with 1 where a limit
is broken. Needs the folder of real data, OpenCV and scikit-image; --quick leaves the whole-frame
peer out, --slides prints the CPU seconds of every file.

    python -m benchmarks.bench_truth [--quick] [--slides]
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.annotation_files import AnnotatedSlide, annotated_slides
from benchmarks.fresh_process import run_module
from benchmarks.judging import Figure, judge, quotient
from benchmarks.opencv_peer import write_opencv_pyramid
from benchmarks.timing import Timer, Work, cpu_seconds, in_turns, in_words, time_yardstick
from benchmarks.whole_frame_peer import whole_frame_regions
from ground_truth.annotations.asap import read_annotation_list, read_annotations
from ground_truth.annotations.groups import CAMELYON_ROLES, outlines_by_role
from ground_truth.lesions.regions import PROTOCOL_SPACING_UM, Regions, find_regions
from ground_truth.masks.pyramid import write_pyramid
from ground_truth.raster.filling import fill_outlines
from ground_truth.raster.painting import Painting, Recipe, check_keys, painting_of

RECIPE = Recipe({"_0": 1, "_1": 1, "_2": 0}, ("_0", "_1", "_2"))
MANY_VERTICES = 10_000
SMALL_OPENCV = 0.18
"""Yardsticks; where OpenCV needs less, the file is too small to tell the two apart."""
REPEATS = 5
DEAR = {"opencv": 0.5, "whole_frame": 0.5}
"""CPU seconds on one file after which a peer is not repeated any more."""

MOST_MASK_MEAN, MOST_MASK_LARGEST = 1.6, 8.0
MOST_LESIONS_MEAN, MOST_LESIONS_FROM_XML_MEAN = 0.09, 0.4
"""Yardsticks."""
MOST_MB = 100
LEAST_OPENCV_SUM, LEAST_OPENCV_MANY, LEAST_OPENCV_EACH = 4.5, 1.8, 1.0
LEAST_WHOLE_FRAME_SUM, LEAST_WHOLE_FRAME_EACH = 190.0, 17.0
"""Times our CPU time."""

WholeFrame = tuple[NDArray[np.int64], list[int]]


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of every run of each step on one slide, by the step's name."""

    slide: str
    vertices: int
    seconds: dict[str, list[float]]

    def median(self, step: str) -> float:
        """Return the median of a step's runs, in CPU seconds."""
        return statistics.median(self.seconds[step])

    def ratio(self, step: str, other: str = "yardstick") -> float:
        """Return a step's median over that of another."""
        return quotient(self.seconds[step], self.seconds[other])


def main() -> None:
    """Measure everything and hold it against the limits."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "mask.tif"
        measured = [_measure(slide, out) for slide in annotated_slides()]
    if "--slides" in sys.argv:
        for slide in measured:
            steps = {step: f"{slide.median(step):.4f}" for step in slide.seconds}
            print(slide.slide, slide.vertices, "vertices", steps)
    judge(_figures(measured))


def _measure(slide: AnnotatedSlide, out: Path) -> Measured:
    annotations = read_annotation_list(slide.content, slide.slide)
    painting = painting_of(annotations, RECIPE)
    outlines = outlines_by_role(annotations.items, CAMELYON_ROLES)
    works: dict[str, Work] = {
        "mask_from_xml": lambda: _mask_from_xml(slide, out),
        "mask": lambda: _mask(painting, slide, out),
        "opencv": lambda: write_opencv_pyramid(out, painting, slide.size),
        "lesions_from_xml": lambda: _lesions_from_xml(slide),
        "lesions": lambda: find_regions(outlines, PROTOCOL_SPACING_UM, slide.size),
    }
    found: list[WholeFrame] = []
    if "--quick" not in sys.argv:
        tumour = _level_5(painting, slide.size)
        works["whole_frame"] = lambda: found.append(whole_frame_regions(tumour))
    for step in works.keys() - DEAR:
        works[step]()
    timers: dict[str, Timer] = {"yardstick": time_yardstick}
    timers.update({step: partial(cpu_seconds, work) for step, work in works.items()})
    seconds = in_turns(timers, REPEATS, DEAR)
    if found:
        _compare(slide, found[0])
    vertices = sum(len(ring) for ring in painting.outlines)
    return Measured(slide.slide, vertices, seconds)


def _mask_from_xml(slide: AnnotatedSlide, out: Path) -> None:
    annotations = read_annotation_list(slide.content, slide.slide)
    check_keys(annotations, RECIPE, slide.slide)
    _mask(painting_of(annotations, RECIPE), slide, out)


def _mask(painting: Painting, slide: AnnotatedSlide, out: Path) -> None:
    runs = fill_outlines(painting.outlines, painting.strokes, 0, *slide.size)
    write_pyramid(out, runs, slide.size, PROTOCOL_SPACING_UM)


def _lesions_from_xml(slide: AnnotatedSlide) -> Regions:
    outlines = outlines_by_role(
        read_annotations(slide.content, slide.slide, CAMELYON_ROLES.known_groups), CAMELYON_ROLES
    )
    return find_regions(outlines, PROTOCOL_SPACING_UM, slide.size)


def _level_5(painting: Painting, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the raster of 0 and 1, (rows, columns), that the peer starts from."""
    columns, rows = size[0] >> 5, size[1] >> 5
    tumour = np.zeros((rows, columns), dtype=np.uint8)
    runs = fill_outlines(painting.outlines, painting.strokes, 5, columns, rows)
    for row, start, stop in zip(runs.row, runs.start, runs.stop, strict=True):
        tumour[row, start:stop] = 1
    return tumour


def _compare(slide: AnnotatedSlide, whole_frame: WholeFrame) -> None:
    """Hold the peer's labels and ITC-sized regions to ours."""
    labels, itc = whole_frame
    ours = _lesions_from_xml(slide)
    painted = np.zeros_like(labels)
    for row, start, stop, region in ours.runs.tolist():
        painted[row, start:stop] = region
    assert np.array_equal(painted, labels), f"{slide.slide}: labels differ"
    assert itc == [region.label for region in ours.table if region.is_itc_sized], slide.slide


def _figures(slides: Sequence[Measured]) -> Iterator[Figure]:
    yield _mean("full pyramid from XML, mean", slides, "mask_from_xml", MOST_MASK_MEAN)
    yield _largest("full pyramid from XML, largest", slides, "mask_from_xml", MOST_MASK_LARGEST)
    peak_mb = float(run_module("benchmarks.mask_memory").output)
    yield Figure("peak memory of one process", peak_mb, "MB", MOST_MB)
    opencv, many = ("opencv", "mask"), [one for one in slides if one.vertices > MANY_VERTICES]
    slow = [one for one in slides if one.ratio("opencv") > SMALL_OPENCV]
    yield _in_sum("OpenCV in sum", slides, opencv, LEAST_OPENCV_SUM)
    yield _least("OpenCV, above 10,000 vertices", many, opencv, LEAST_OPENCV_MANY)
    what = f"OpenCV, where it needs {SMALL_OPENCV:g} yardsticks"
    yield _least(what, slow, opencv, LEAST_OPENCV_EACH)
    yield _mean("polygons to lesions, mean", slides, "lesions", MOST_LESIONS_MEAN)
    yield _mean("XML to lesions, mean", slides, "lesions_from_xml", MOST_LESIONS_FROM_XML_MEAN)
    if "whole_frame" in slides[0].seconds:
        whole_frame = ("whole_frame", "lesions")
        yield _in_sum("whole frame in sum", slides, whole_frame, LEAST_WHOLE_FRAME_SUM)
        yield _least("whole frame, each", slides, whole_frame, LEAST_WHOLE_FRAME_EACH)


def _mean(what: str, slides: Sequence[Measured], step: str, most: float) -> Figure:
    ratio = statistics.mean(slide.ratio(step) for slide in slides)
    reading = in_words(statistics.mean(slide.median(step) for slide in slides))
    return Figure(f"{what} over {len(slides)} files", ratio, "yardsticks", most, reading=reading)


def _largest(what: str, slides: Sequence[Measured], step: str, most: float) -> Figure:
    worst = max(slides, key=lambda slide: slide.ratio(step))
    reading = f"{in_words(worst.median(step))}, {worst.slide}"
    return Figure(what, worst.ratio(step), "yardsticks", most, reading=reading)


def _in_sum(what: str, slides: Sequence[Measured], pair: tuple[str, str], least: float) -> Figure:
    peer, ours = (sum(slide.median(step) for slide in slides) for step in pair)
    reading = f"{in_words(ours)} against {in_words(peer)}"
    return Figure(what, peer / ours, "times", least, is_least=True, reading=reading)


def _least(what: str, slides: Sequence[Measured], pair: tuple[str, str], least: float) -> Figure:
    worst = min(slides, key=lambda slide: slide.ratio(*pair))
    peer, ours = (in_words(worst.median(step)) for step in pair)
    what = f"{what}, the least of {len(slides)} files"
    reading = f"{ours} against {peer}, {worst.slide}"
    return Figure(what, worst.ratio(*pair), "times", least, is_least=True, reading=reading)


if __name__ == "__main__":
    main()
