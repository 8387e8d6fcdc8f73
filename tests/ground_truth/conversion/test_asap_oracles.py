"""Compares every raster that ASAP wrote with ours: at each level, and through mask files."""

from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from ground_truth.annotations.asap import read_annotation_list
from ground_truth.annotations.lenient_asap import read_leniently
from ground_truth.cli import app
from ground_truth.errors import TruthError
from ground_truth.masks.tile_file import level_sizes
from ground_truth.raster.filling import Runs, fill_outlines, halved_runs
from ground_truth.raster.painting import Painting, painting_of
from tests.ground_truth.mask_strips import sha256, strip_digest, tiff_strips
from tests.ground_truth.oracle_cases import (
    REAL_CASES,
    OracleCase,
    hand_made_cases,
    painted,
    random_cases,
    real_case,
)

CHUNK_PX = 4096
"""OpenSlide reads larger regions in parts of this, and places the parts by its own downsample."""


def lenient_painting(case: OracleCase) -> Painting:
    return painting_of(read_leniently(case.content, case.xml.name), case.recipe)


def strict_painting(case: OracleCase) -> Painting | None:
    try:
        return painting_of(read_annotation_list(case.content, case.xml.name), case.recipe)
    except TruthError:
        return None


def level_0(painting: Painting, size: tuple[int, int]) -> Runs:
    return fill_outlines(painting.outlines, painting.strokes, 0, *size)


def test_every_hand_made_case_is_equal_at_every_level(shared: Path) -> None:
    different, compared = [], 0

    for case in hand_made_cases(shared):
        if case.crashed:
            continue
        painting = lenient_painting(case)
        runs = level_0(painting, case.size)
        for level, (columns, rows, digest) in enumerate(case.levels):
            runs = halved_runs(runs, columns, rows) if level else runs
            direct = fill_outlines(painting.outlines, painting.strokes, level, columns, rows)
            for found in (runs, direct):
                compared += 1
                if sha256(painted(found, columns, rows)) != digest:
                    different.append((case.id, level))

    assert different == []
    assert compared == 448


def test_every_strictly_readable_case_is_equal(shared: Path) -> None:
    different, compared = [], 0

    for case in hand_made_cases(shared):
        painting = None if case.crashed else strict_painting(case)
        if painting is not None:
            columns, rows, digest = case.levels[0]
            compared += 1
            if sha256(painted(level_0(painting, case.size), columns, rows)) != digest:
                different.append(case.id)

    assert different == []
    assert compared == 93


def test_levels_and_their_sizes_are_asaps(shared: Path) -> None:
    for case in hand_made_cases(shared):
        if not case.crashed:
            expected = [(columns, rows) for columns, rows, _ in case.levels]
            assert level_sizes(*case.size) == expected, case.id


@pytest.mark.parametrize("size", [(60_000, 40), (97_300, 64), (0, 0), (2**20 + 1, 2**20)])
def test_sizes_that_crash_asap_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="slide"):
        level_sizes(*size)


@pytest.mark.parametrize(("pack", "count"), [("asap_fuzz", 120), ("asap_fuzz_far", 60)])
@pytest.mark.parametrize("is_lenient", [True, False])
def test_every_random_case_is_equal(shared: Path, pack: str, count: int, is_lenient: bool) -> None:  # noqa: FBT001 - a parameter of the test
    differing_pixels = {}

    for case, expected in random_cases(shared, pack):
        painting = lenient_painting(case) if is_lenient else strict_painting(case)
        if painting is None:
            pytest.fail(f"{case.id} is refused")
        found = painted(level_0(painting, case.size), case.size[0] - case.x0, case.size[1], case.x0)
        differing_pixels[case.id] = int((found != expected).sum())

    assert sum(differing_pixels.values()) == 0
    assert len(differing_pixels) == count


def strips_of(runs: Runs, columns: int) -> list[tuple[int, NDArray[np.uint8]]]:
    width = -(-columns // 512) * 512
    strips = []
    for tile_row in np.unique(runs.row // 512).tolist():
        inside = runs.row // 512 == tile_row
        part = Runs(runs.row[inside], runs.start[inside], runs.stop[inside], runs.value[inside])
        strips.append((tile_row, painted(part, width, 512, y0=tile_row * 512)))
    return strips


@pytest.mark.parametrize("name", REAL_CASES)
def test_real_slides_are_equal_at_full_size_and_every_level(shared: Path, name: str) -> None:
    case, levels = real_case(shared, name)
    runs = level_0(lenient_painting(case), case.size)

    for index, level in enumerate(levels):
        columns, rows = level["w"], level["h"]
        runs = halved_runs(runs, columns, rows) if index else runs
        if "raster_sha256" in level:
            assert sha256(painted(runs, columns, rows)) == level["raster_sha256"], index
        else:
            assert strip_digest(strips_of(runs, columns)) == level["nonzero_tiles_sha256"], index


def make(case: OracleCase, source: Path, out: Path, *options: str) -> Result:
    labels = ",".join(f"{key}={value}" for key, value in case.recipe.labels.items())
    arguments = ["mask", str(source), str(out), "--size", *map(str, case.size), "--asap"]
    arguments += ["--spacing", "0.243", "--labels", labels, "--order", ",".join(case.recipe.order)]
    return CliRunner().invoke(app, [*arguments, *options])


def test_masks_made_by_the_command_read_back_equal(shared: Path, tmp_path: Path) -> None:
    out, compared = tmp_path / "mask.tif", 0

    for case in hand_made_cases(shared):
        if case.crashed or not case.xml.exists():
            continue
        ran = make(case, case.xml, out)
        assert ran.exit_code == 0, (case.id, ran.stderr)
        with openslide.OpenSlide(out) as slide, tifffile.TiffFile(out) as tiff:
            assert slide.level_count == len(tiff.pages) == len(case.levels)
            for level, (columns, rows, digest) in enumerate(case.levels):
                whole = tiff.pages[level].asarray()
                assert sha256(whole) == digest, (case.id, level)
                width = min(columns, CHUNK_PX)
                shown = np.asarray(slide.read_region((0, 0), level, (width, rows)))
                np.testing.assert_array_equal(shown[..., 0], whole[:, :width])
                compared += 1

    assert compared == 222


@pytest.mark.parametrize("pack", ["asap_fuzz", "asap_fuzz_far"])
def test_random_masks_made_by_the_command_read_back_equal(
    shared: Path, tmp_path: Path, pack: str
) -> None:
    out = tmp_path / "mask.tif"

    for case, expected in random_cases(shared, pack):
        if case.size[1] < 2 ** (len_levels(case.size[0]) - 1):
            continue
        ran = make(case, case.xml, out)
        assert ran.exit_code == 0, (case.id, ran.stderr)
        with openslide.OpenSlide(out) as slide:
            shape = expected.shape[::-1]
            shown = np.asarray(slide.read_region((case.x0, 0), 0, shape))
        assert int((shown[..., 0] != expected).sum()) == 0, case.id


def len_levels(width: int) -> int:
    return len(level_sizes(width, 2**20))


@pytest.mark.parametrize("name", REAL_CASES)
def test_real_masks_made_by_the_command_read_back_equal(
    shared: Path, tmp_path: Path, name: str
) -> None:
    case, levels = real_case(shared, name)
    out = tmp_path / "mask.tif"

    ran = make(case, case.xml, out)

    assert ran.exit_code == 0, ran.stderr
    with openslide.OpenSlide(out) as slide, tifffile.TiffFile(out) as tiff:
        assert slide.level_dimensions == tuple((level["w"], level["h"]) for level in levels)
        for index in range(3):
            shown = shown_strips(slide, tiff, index)
            assert strip_digest(shown) == levels[index]["nonzero_tiles_sha256"], index
        for index, level in enumerate(levels[5:], start=5):
            region = slide.read_region((0, 0), index, slide.level_dimensions[index])
            assert sha256(np.asarray(region)[..., 0]) == level["raster_sha256"], index
    with tifffile.TiffFile(out) as tiff:
        for index, level in enumerate(levels):
            if "raster_sha256" in level:
                assert sha256(tiff.pages[index].asarray()) == level["raster_sha256"], index
            else:
                digest = strip_digest(tiff_strips(tiff, index))
                assert digest == level["nonzero_tiles_sha256"], index


def shown_strips(
    slide: openslide.OpenSlide, tiff: tifffile.TiffFile, index: int
) -> list[tuple[int, NDArray[np.uint8]]]:
    """Return what OpenSlide shows of the written tiles of a level, painted into their strips."""
    page = tiff.pages[index].aspage()
    across = -(-page.imagewidth // 512)
    strips: dict[int, NDArray[np.uint8]] = {}
    for number in np.flatnonzero(page.databytecounts).tolist():
        row, column = divmod(number, across)
        strip = strips.setdefault(row, np.zeros((512, across * 512), dtype=np.uint8))
        place = (column * 512 << index, row * 512 << index)
        shown = np.asarray(slide.read_region(place, index, (512, 512)))
        strip[:, column * 512 : (column + 1) * 512] = shown[..., 0]
    return sorted(strips.items(), key=lambda item: item[0])
