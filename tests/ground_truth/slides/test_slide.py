import math
from pathlib import Path

import numpy as np
import openslide
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from ground_truth.errors import TruthError
from ground_truth.slides.slide import Slide, measure_slide
from tests.ground_truth.pyramids import (
    Pixels,
    set_byte_counts,
    smooth_picture,
    spoil_tile,
    write_aperio,
    write_jpeg_pyramid,
    write_pyramid,
)

SIZES = {"whole": (1024, 768), "odd": (1001, 603)}


@pytest.fixture(scope="module")
def pyramids(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[Pixels]]]:
    """Return a file and its levels for each of `SIZES`."""
    folder = tmp_path_factory.mktemp("slides")
    return {
        name: (folder / f"{name}.tif", write_pyramid(folder / f"{name}.tif", *size))
        for name, size in SIZES.items()
    }


def slow_patch(level_pixels: Pixels, start: tuple[int, int], width: int, height: int) -> Pixels:
    """Copy pixel by pixel from a start in the level's own pixels; zeros outside."""
    patch = np.zeros((height, width, 3), dtype=np.uint8)
    rows, columns = level_pixels.shape[:2]
    for row in range(height):
        for column in range(width):
            x, y = start[0] + column, start[1] + row
            if 0 <= x < columns and 0 <= y < rows:
                patch[row, column] = level_pixels[y, x]
    return patch


def rounded_half_up(position: int, downsample: int) -> int:
    return math.floor(position / downsample + 0.5)


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize(
    ("x", "y", "width", "height"),
    [
        (0, 0, 20, 10),
        (101, 203, 20, 10),
        (102, 202, 20, 10),
        (103, 205, 300, 7),
        (-9, -6, 20, 12),
        (-1, -2, 20, 12),
        (995, 590, 20, 20),
        (-40, 300, 30, 10),
        (300, 5000, 5, 5),
        (-5000, -5000, 3, 3),
        (-64, -64, 300, 300),
    ],
)
def test_a_patch_is_what_a_slow_copy_gives(  # one case a border
    pyramids: dict[str, tuple[Path, list[Pixels]]],
    name: str,
    level: int,
    x: int,
    y: int,
    width: int,
    height: int,
) -> None:
    path, levels = pyramids[name]
    start = rounded_half_up(x, 2**level), rounded_half_up(y, 2**level)

    with Slide.open(path) as slide:
        patch = slide.read_patch(x, y, width, height, level)

    assert patch.dtype == np.uint8
    np.testing.assert_array_equal(patch, slow_patch(levels[level], start, width, height))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(sorted(SIZES)),
    level=st.integers(0, 2),
    x=st.integers(-200, 1200),
    y=st.integers(-200, 900),
    width=st.integers(1, 40),
    height=st.integers(1, 40),
)
def test_any_patch_is_what_a_slow_copy_gives(
    pyramids: dict[str, tuple[Path, list[Pixels]]],
    name: str,
    level: int,
    x: int,
    y: int,
    width: int,
    height: int,
) -> None:
    path, levels = pyramids[name]
    start = rounded_half_up(x, 2**level), rounded_half_up(y, 2**level)

    with Slide.open(path) as slide:
        patch = slide.read_patch(x, y, width, height, level)

    np.testing.assert_array_equal(patch, slow_patch(levels[level], start, width, height))


def test_a_half_is_rounded_up_on_both_sides_of_zero(
    pyramids: dict[str, tuple[Path, list[Pixels]]],
) -> None:
    path, levels = pyramids["whole"]

    with Slide.open(path) as slide:
        after = slide.read_patch(1, 1, 2, 2, 1)
        before = slide.read_patch(-1, -1, 2, 2, 1)

    np.testing.assert_array_equal(after, levels[1][1:3, 1:3])
    np.testing.assert_array_equal(before, levels[1][0:2, 0:2])


def test_a_slide_tells_size_spacing_and_levels(
    pyramids: dict[str, tuple[Path, list[Pixels]]],
) -> None:
    with Slide.open(pyramids["odd"][0]) as slide:
        assert slide.size == (1001, 603)
        assert slide.spacing_um == pytest.approx(0.25)
        assert slide.level_count == 3
        assert [slide.level_downsample(level) for level in range(3)] == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("level", [-1, 3])
def test_a_level_that_is_not_there_is_refused(
    pyramids: dict[str, tuple[Path, list[Pixels]]], level: int
) -> None:
    with Slide.open(pyramids["odd"][0]) as slide:
        with pytest.raises(ValueError, match=f"no level {level}, only 0 to 2"):
            slide.read_patch(0, 0, 1, 1, level)
        with pytest.raises(ValueError, match=f"no level {level}"):
            slide.level_downsample(level)


@pytest.mark.parametrize(
    ("x", "width", "height", "message"),
    [
        (0, 0, 5, "a patch of 0 x 5"),
        (0, 5, -1, "a patch of 5 x -1"),
        (0, 2**15, 2**14, "cannot be read"),
        (2**41, 5, 5, "no place on a slide"),
    ],
)
def test_an_impossible_patch_is_refused(
    pyramids: dict[str, tuple[Path, list[Pixels]]], x: int, width: int, height: int, message: str
) -> None:
    with Slide.open(pyramids["odd"][0]) as slide, pytest.raises(ValueError, match=message):
        slide.read_patch(x, 0, width, height, 0)


def test_a_jpeg_slide_of_odd_size_reads_its_own_pixels(tmp_path: Path) -> None:
    levels = write_jpeg_pyramid(tmp_path / "a.tif", 1001, 603)

    with Slide.open(tmp_path / "a.tif") as slide:
        patch = slide.read_patch(600, 400, 100, 60, 1)

    assert slide_difference(patch, levels[1][200:260, 300:400]) < 4


def test_a_slide_tells_the_sizes_of_its_levels_and_what_it_states(tmp_path: Path) -> None:
    base = smooth_picture(1001, 603)
    write_aperio(tmp_path / "a.svs", base, base[::2, ::2][:301, :500], mpp="0.25")

    with Slide.open(tmp_path / "a.svs") as slide:
        assert [slide.level_size(level) for level in range(2)] == [(1001, 603), (500, 301)]
        assert slide.stated("aperio.MPP") == "0.25"
        assert slide.stated("aperio.Weight") is None
        with pytest.raises(ValueError, match="no level 2"):
            slide.level_size(2)


def test_a_region_is_openslides_with_a_background(tmp_path: Path) -> None:
    base = smooth_picture(1001, 603)
    write_aperio(tmp_path / "a.svs", base, base[::2, ::2][:301, :500], mpp="0.25")

    with Slide.open(tmp_path / "a.svs") as slide:
        region = slide.read_region((401, 555), (60, 50), 1, (1, 2, 3))
        with pytest.raises(ValueError, match="no level -1"):
            slide.read_region((0, 0), (1, 1), -1, (1, 2, 3))

    with openslide.OpenSlide(tmp_path / "a.svs") as handle:
        shown = np.asarray(handle.read_region((401, 555), 1, (60, 50)))
    is_outside = shown[:, :, 3] == 0
    assert is_outside.any()
    assert (region[is_outside] == (1, 2, 3)).all()
    np.testing.assert_array_equal(region[~is_outside], shown[~is_outside][:, :3])


def test_a_tile_that_the_file_leaves_out_reads_as_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_jpeg_pyramid(path, 1001, 603)
    set_byte_counts(path, {0: 0}, page=1)

    with Slide.open(path) as slide:
        patch = slide.read_patch(0, 0, 300, 256, 1)

    assert not patch[:, :256].any()
    assert patch[:, 256:].any()


def test_a_damaged_slide_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_pyramid(path, 1001, 603)
    spoil_tile(path, page=1)

    with Slide.open(path) as slide, pytest.raises(TruthError, match=r"a\.tif: level 1 cannot"):
        slide.read_patch(0, 0, 400, 300, 1)
    with Slide.open(path) as slide, pytest.raises(TruthError, match=r"a\.tif: level 1 cannot"):
        slide.read_region((0, 0), (400, 300), 1, (255, 255, 255))


def test_a_spacing_that_is_no_number_is_none(tmp_path: Path) -> None:
    write_aperio(tmp_path / "a.svs", mpp="wide")

    with Slide.open(tmp_path / "a.svs") as slide:
        assert slide.spacing_um is None
    with pytest.raises(TruthError, match=r"a\.svs: does not state its spacing"):
        measure_slide(tmp_path / "a.svs")


def test_an_odd_slide_that_is_no_plain_tiff_pyramid_is_left_to_openslide(tmp_path: Path) -> None:
    base = smooth_picture(1001, 603)
    write_aperio(tmp_path / "a.svs", base, base[::2, ::2][:301, :500], mpp="0.25")

    with Slide.open(tmp_path / "a.svs") as slide:
        patch = slide.read_patch(400, 200, 50, 40, 1)

    assert slide_difference(patch, base[::2, ::2][100:140, 200:250]) < 3


def slide_difference(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_what_is_no_slide_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"no image")

    for path in (tmp_path / "a.tif", str(tmp_path / "a.tif")):
        with pytest.raises(TruthError, match=r"a\.tif: OpenSlide cannot read it"):
            Slide.open(path)
    with pytest.raises(TruthError, match=r"b\.tif: OpenSlide cannot read it"):
        measure_slide(tmp_path / "b.tif")
