"""Measures masks and lesions on the 85 real annotation files, side by side with peers.

CPU seconds of one thread, best of a few, all in one run, so that ratios hold on any machine. Fails
if a limit is broken.

    python benchmarks/bench_truth.py [--quick]
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.annotation_files import AnnotatedSlide, annotated_slides
from ground_truth.annotations.asap import read_annotation_list, read_annotations
from ground_truth.annotations.groups import CAMELYON_ROLES, outlines_by_role
from ground_truth.lesions.regions import PROTOCOL_SPACING_UM, Regions, find_regions
from ground_truth.masks.pyramid import write_pyramid
from ground_truth.raster.filling import Stroke, fill_outlines
from ground_truth.raster.painting import Painting, Recipe, check_keys, painting_of

RECIPE = Recipe({"_0": 1, "_1": 1, "_2": 0}, ("_0", "_1", "_2"))
MANY_VERTICES = 10_000
REPEATS = 3
LARGEST_WHOLE_FRAME_SHARE = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of each step on one slide; a peer's are 0 where it was not run."""

    slide: str
    vertices: int
    mask_from_xml: float
    mask: float
    opencv: float
    lesions: float
    lesions_from_xml: float
    whole_frame: float


@dataclass(frozen=True, slots=True)
class Limit:
    """One line of the table."""

    what: str
    figure: float
    unit: str
    limit: float
    is_least: bool = False

    @property
    def is_kept(self) -> bool:
        """True where the figure is on the right side of its limit."""
        return self.figure >= self.limit if self.is_least else self.figure <= self.limit

    def __str__(self) -> str:
        word = "at least" if self.is_least else "at most"
        mark = "" if self.is_kept else " BROKEN"
        return f"| {self.what} | {self.figure:.3g} {self.unit} | {word} {self.limit:g}{mark} |"


def main() -> None:
    """Measure everything, print the table, fail where a limit is broken."""
    slides = list(annotated_slides())
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "mask.tif"
        measured = [_measure(slide, out) for slide in slides]
    limits = _limits(measured)
    if "--slides" in sys.argv:
        for row in measured:
            print(row)
    print(f"| over {len(slides)} files | measured | limit |\n|---|---|---|")
    print("\n".join(map(str, limits)))
    sys.exit(0 if all(limit.is_kept for limit in limits) else 1)


def _measure(slide: AnnotatedSlide, out: Path) -> Measured:
    from benchmarks.opencv_peer import write_opencv_pyramid

    annotations = read_annotation_list(slide.content, slide.slide)
    painting = painting_of(annotations, RECIPE)
    outlines = outlines_by_role(annotations.items, CAMELYON_ROLES)
    whole_frame = 0.0
    if "--quick" not in sys.argv:
        whole_frame = _compare_with_whole_frame(slide, painting)
    return Measured(
        slide=slide.slide,
        vertices=sum(len(ring) for ring in painting.outlines),
        mask_from_xml=_cpu(lambda: _mask_from_xml(slide, out)),
        mask=_cpu(lambda: _mask(painting, slide, out)),
        opencv=_cpu(lambda: write_opencv_pyramid(out, painting, slide.size)),
        lesions=_cpu(lambda: find_regions(outlines, PROTOCOL_SPACING_UM, slide.size)),
        lesions_from_xml=_cpu(lambda: _lesions_from_xml(slide)),
        whole_frame=whole_frame,
    )


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


def _compare_with_whole_frame(slide: AnnotatedSlide, painting: Painting) -> float:
    """Return the peer's CPU seconds; its labels and ITC-sized regions must be ours."""
    from benchmarks.whole_frame_peer import whole_frame_regions

    columns, rows = slide.size[0] >> 5, slide.size[1] >> 5
    strokes: Sequence[Stroke] = painting.strokes
    tumour = np.zeros((rows, columns), dtype=np.uint8)
    runs = fill_outlines(painting.outlines, strokes, 5, columns, rows)
    for row, start, stop in zip(runs.row, runs.start, runs.stop, strict=True):
        tumour[row, start:stop] = 1
    begin = time.process_time()
    labels, itc = whole_frame_regions(tumour)
    seconds = time.process_time() - begin
    ours = _lesions_from_xml(slide)
    painted = np.zeros_like(labels)
    for row, start, stop, region in ours.runs.tolist():
        painted[row, start:stop] = region
    assert np.array_equal(painted, labels), f"{slide.slide}: labels differ"
    assert itc == [region.label for region in ours.table if region.is_itc_sized], slide.slide
    return seconds


def _cpu(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def _limits(rows: Sequence[Measured]) -> list[Limit]:
    large = [row for row in rows if row.vertices > MANY_VERTICES]
    slow = [row for row in rows if row.opencv > 0.010]
    in_sum = _sum(rows, "opencv") / _sum(rows, "mask")
    limits = [
        Limit("full pyramid from XML, mean", _mean(rows, "mask_from_xml"), "s", 0.08),
        Limit("full pyramid from XML, largest", _most(rows, "mask_from_xml"), "s", 0.40),
        Limit("peak memory of one process", _peak_mb(), "MB", 100),
        _at_least("OpenCV in sum", in_sum, 3),
        _at_least("OpenCV, above 10,000 vertices", _least(large, "opencv", "mask"), 1.2),
        _at_least("OpenCV, where it needs 10 ms", _least(slow, "opencv", "mask"), 1.0),
        Limit("polygons to lesions, mean", 1e3 * _mean(rows, "lesions"), "ms", 6),
        Limit("XML to lesions, mean", 1e3 * _mean(rows, "lesions_from_xml"), "ms", 25),
    ]
    return limits if "--quick" in sys.argv else [*limits, *_whole_frame_limits(rows)]


def _whole_frame_limits(rows: Sequence[Measured]) -> list[Limit]:
    in_sum = _sum(rows, "whole_frame") / _sum(rows, "lesions")
    each = _least(rows, "whole_frame", "lesions")
    return [
        _at_least("whole frame in sum", in_sum, 80),
        _at_least("whole frame, each", each, LARGEST_WHOLE_FRAME_SHARE),
    ]


def _at_least(what: str, ratio: float, least: float) -> Limit:
    return Limit(what, ratio, "times", least, is_least=True)


def _sum(rows: Sequence[Measured], step: str) -> float:
    return float(sum(getattr(row, step) for row in rows))


def _mean(rows: Sequence[Measured], step: str) -> float:
    return _sum(rows, step) / len(rows)


def _most(rows: Sequence[Measured], step: str) -> float:
    return float(max(getattr(row, step) for row in rows))


def _least(rows: Sequence[Measured], peer: str, step: str) -> float:
    return float(min(getattr(row, peer) / getattr(row, step) for row in rows))


def _peak_mb() -> float:
    """Return the peak memory of a fresh process that makes every mask."""
    command = [sys.executable, str(Path(__file__).with_name("mask_memory.py"))]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return float(ran.stdout)


if __name__ == "__main__":
    main()
