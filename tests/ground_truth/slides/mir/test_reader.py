import math
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pytest
import tifffile
from numpy.typing import NDArray

from ground_truth.errors import TruthError
from ground_truth.slides import mir
from tests.ground_truth.pyramids import (
    set_byte_counts,
    smooth_picture,
    spoil_tile,
    write_aperio,
    write_jpeg_pyramid,
    write_mask,
    write_mask_pyramid,
    write_pyramid,
)

CENTIMETRE: dict[str, Any] = {"resolution": (40_000, 20_000), "resolutionunit": "CENTIMETER"}


def opened(path: Path) -> mir.MultiResolutionImage:
    image = mir.MultiResolutionImageReader().open(path)
    assert image is not None
    return image


def ramp(rows: int, columns: int, dtype: str) -> NDArray[Any]:
    """Return values that tell where they are from; no two neighbours are alike."""
    return (np.arange(columns) + 300 * np.arange(rows)[:, None]).astype(dtype)


@pytest.fixture(scope="module")
def aperio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a slide of two levels, 1001 x 603 and 500 x 301, that OpenSlide alone reads."""
    path = tmp_path_factory.mktemp("slides") / "a.svs"
    base = smooth_picture(1001, 603)
    write_aperio(path, base, base[::2, ::2][:301, :500], mpp="0.243")
    return path


def test_a_slide_is_described_as_asap_describes_it(aperio: Path) -> None:
    image = opened(aperio)
    image.setCacheSize(2**20)

    assert image.valid()
    assert image.getNumberOfLevels() == 2
    assert image.getDimensions() == (1001, 603)
    assert image.getLevelDimensions(1) == (500, 301)
    assert image.getLevelDimensions(2) == ()
    assert image.getSamplesPerPixel() == 3
    assert (image.getColorType(), image.getDataType()) == (mir.RGB, mir.UChar)
    assert (image.getMinValue(), image.getMaxValue(2)) == (0.0, 255.0)
    assert image.getFileType() == "aperio"
    assert image.getProperty("aperio.MPP") == "0.243"
    assert image.getProperty("openslide.mpp-z") == ""
    assert image.getCacheSize() == 0
    # 0.243 in single precision.
    assert image.getSpacing() == (0.24300000071525574, 0.24300000071525574)


def test_downsamples_are_ratios_of_widths_in_single_precision(aperio: Path) -> None:
    image = opened(aperio)

    downsamples = [image.getLevelDownsample(level) for level in range(-1, 3)]

    # 1001 / 500; OpenSlide takes the mean of this and of 603 / 301.
    assert downsamples == [-1.0, 1.0, 2.002000093460083, -1.0]
    with openslide.OpenSlide(aperio) as slide:
        assert slide.level_downsamples[1] == pytest.approx(2.0026611, abs=1e-7)


def test_downsamples_of_whole_powers_are_openslides(tmp_path: Path) -> None:
    write_pyramid(tmp_path / "a.tif", 2048, 1024, level_count=4)

    image = opened(tmp_path / "a.tif")

    with openslide.OpenSlide(tmp_path / "a.tif") as slide:
        found = [image.getLevelDownsample(level) for level in range(4)]
        assert found == list(slide.level_downsamples) == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(
    ("downsample", "level"),
    [(-1, 0), (0.5, 0), (1, 0), (1.4, 0), (1.5, 1), (2, 1), (2.9, 1), (3, 2), (4, 2), (99, 2)],
)
def test_the_best_level_is_the_nearest(tmp_path: Path, downsample: float, level: int) -> None:
    write_pyramid(tmp_path / "a.tif", 512, 256)

    image = opened(tmp_path / "a.tif")

    assert image.getBestLevelForDownSample(downsample) == level


def test_one_level_is_the_best_for_all(tmp_path: Path) -> None:
    write_pyramid(tmp_path / "a.tif", 300, 256, level_count=1)

    image = opened(tmp_path / "a.tif")

    assert [image.getBestLevelForDownSample(downsample) for downsample in (0.5, 1, 7)] == [0, 0, 0]


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("place", [(0, 0), (101, 77), (700, 400), (-90, -31), (990, 590)])
def test_a_slides_patch_is_openslides_on_white(
    aperio: Path, level: int, place: tuple[int, int]
) -> None:
    patch = opened(aperio).getUCharPatch(*place, 200, 100, level)

    with openslide.OpenSlide(aperio) as slide:
        shown = np.asarray(slide.read_region(place, level, (200, 100)))
    expected = np.where(shown[:, :, 3:] == 0, 255, shown[:, :, :3])
    assert patch.dtype == np.uint8
    np.testing.assert_array_equal(patch, expected)


def test_outside_a_slide_is_white(aperio: Path) -> None:
    patch = opened(aperio).getUCharPatch(-4, 600, 6, 5, 0)

    np.testing.assert_array_equal(patch[:3, 4:], smooth_picture(1001, 603)[600:603, :2])
    assert (patch[:, :4] == 255).all()
    assert (patch[3:] == 255).all()


def test_a_slide_as_asap_writes_it_is_read_at_the_nearest_pixel_and_black_outside(
    tmp_path: Path,
) -> None:
    levels = write_pyramid(tmp_path / "a.tif", 1001, 603)

    image = opened(tmp_path / "a.tif")
    # 1001 / 250 = 4.004: 107 / 4.004 = 26.7, and -12 / 4.004 = -2.997.
    inside = image.getUCharPatch(107, 0, 20, 10, 2)
    across = image.getUCharPatch(-12, -12, 10, 10, 2)

    assert image.getFileType() == "tif"
    assert image.getProperty("openslide.vendor") == ""
    np.testing.assert_array_equal(inside, levels[2][:10, 27:47])
    np.testing.assert_array_equal(across[3:, 3:], levels[2][:7, :7])
    assert not across[:3].any()
    assert not across[:, :3].any()


def test_jpeg_tiles_are_decoded_as_openslide_decodes_them(tmp_path: Path) -> None:
    write_jpeg_pyramid(tmp_path / "a.tif", 1024, 768)

    patch = opened(tmp_path / "a.tif").getUCharPatch(200, 100, 300, 250, 1)

    with openslide.OpenSlide(tmp_path / "a.tif") as slide:
        shown = slide.read_region((200, 100), 1, (300, 250))
    np.testing.assert_array_equal(patch, np.asarray(shown)[:, :, :3])


@pytest.mark.parametrize(
    "options", [{"description": "<xml>"}, {"description": "DICOM"}, {"compression": "zlib"}]
)
def test_xml_or_a_codec_that_asap_does_not_know_leaves_a_tiff_to_openslide(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    layout: dict[str, Any] = {"tile": (64, 64), "compression": "lzw", "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", smooth_picture(100, 80), **(layout | options))

    image = opened(tmp_path / "a.tif")

    assert image.getFileType() == "generic-tiff"
    assert image.getUCharPatch(-1, -1, 1, 1, 0).tolist() == [[[255, 255, 255]]]


@pytest.mark.parametrize("compression", ["lzw", "deflate", "zlib", "zstd", None])
def test_a_mask_has_one_sample(tmp_path: Path, compression: str | None) -> None:
    labels = ramp(200, 300, "uint8") % 3
    write_mask(tmp_path / "a.tif", labels, tile=(64, 64), compression=compression)

    image = opened(tmp_path / "a.tif")
    patch = image.getUCharPatch(100, 50, 40, 30, 0)

    assert image.getSamplesPerPixel() == 1
    assert (image.getColorType(), image.getDataType()) == (mir.Monochrome, mir.UChar)
    assert patch.shape == (30, 40, 1)
    np.testing.assert_array_equal(patch[:, :, 0], labels[50:80, 100:140])


def test_a_mask_is_0_outside_and_where_tiles_are_left_out(tmp_path: Path) -> None:
    labels = np.full((600, 1100), 7, dtype=np.uint8)
    path = write_mask_pyramid(tmp_path / "a.tif", labels, level_count=2)
    set_byte_counts(path, {0: 0})

    patch = opened(path).getUCharPatch(-10, 500, 600, 110, 0)[:, :, 0]

    expected = np.zeros((110, 600), dtype=np.uint8)
    # Tile (1, 0) begins at column 512, tile row 1 at row 512; the image ends at row 600.
    expected[:100, 522:] = 7
    expected[12:100, 10:] = 7
    np.testing.assert_array_equal(patch, expected)


def test_far_outside_a_mask_there_is_nothing(tmp_path: Path) -> None:
    write_mask(tmp_path / "a.tif", np.ones((64, 64), dtype=np.uint8), tile=(64, 64))

    patch = opened(tmp_path / "a.tif").getUCharPatch(64, 0, 3, 2, 0)

    assert patch.tolist() == [[[0], [0], [0]], [[0], [0], [0]]]


def test_levels_of_a_mask_are_read_as_they_are(tmp_path: Path) -> None:
    labels = ramp(600, 1000, "uint8")
    path = write_mask_pyramid(tmp_path / "a.tif", labels, level_count=3)

    patch = opened(path).getUCharPatch(400, 200, 20, 10, 2)[:, :, 0]

    np.testing.assert_array_equal(patch, labels[200:240:4, 400:480:4])


@pytest.mark.parametrize(
    ("dtype", "data_type"),
    [("uint16", mir.DataType_UInt16), ("uint32", mir.DataType_UInt32), ("float32", mir.Float)],
)
def test_heatmaps_keep_their_values(tmp_path: Path, dtype: str, data_type: int) -> None:
    values = ramp(200, 300, dtype) if dtype != "float32" else ramp(200, 300, dtype) / 60_000
    write_mask(tmp_path / "a.tif", values, tile=(64, 64), compression="lzw")

    image = opened(tmp_path / "a.tif")
    patches: dict[int, NDArray[Any]] = {
        mir.UInt16: image.getUInt16Patch(10, 20, 290, 180, 0),
        mir.UInt32: image.getUInt32Patch(10, 20, 290, 180, 0),
        mir.Float: image.getFloatPatch(10, 20, 290, 180, 0),
    }
    patch = patches[data_type]

    assert image.getDataType() == data_type
    assert image.getSamplesPerPixel() == 1
    assert patch.dtype == dtype
    np.testing.assert_array_equal(patch[:, :, 0], values[20:, 10:])


def test_values_are_cut_to_a_type_as_c_cuts_them(tmp_path: Path) -> None:
    values = np.zeros((16, 16), dtype=np.float32)
    values[0, :6] = (0.9, 200.7, 300.7, -1.5, math.nan, 65_537)
    write_mask(tmp_path / "a.tif", values, tile=(16, 16))

    image = opened(tmp_path / "a.tif")

    assert image.getUCharPatch(0, 0, 6, 1, 0).ravel().tolist() == [0, 200, 44, 255, 0, 1]
    assert image.getUInt16Patch(0, 0, 6, 1, 0).ravel().tolist() == [0, 200, 300, 65_535, 0, 1]
    assert image.getFloatPatch(1, 0, 1, 1, 0).item() == pytest.approx(200.7)


def test_bytes_are_given_as_floats(aperio: Path) -> None:
    image = opened(aperio)

    patch = image.getFloatPatch(3, 4, 5, 6, 0)

    assert patch.dtype == np.float32
    np.testing.assert_array_equal(patch, smooth_picture(1001, 603)[4:10, 3:8])


def test_a_big_endian_heatmap_is_read(tmp_path: Path) -> None:
    values = ramp(100, 100, "uint16")
    write_mask(tmp_path / "a.tif", values, tile=(64, 64), byteorder=">")

    image = opened(tmp_path / "a.tif")
    patch = image.getUInt16Patch(50, 60, 50, 40, 0)

    assert image.getDataType() == mir.UInt16
    np.testing.assert_array_equal(patch[:, :, 0], values[60:, 50:])


@pytest.mark.parametrize(
    ("options", "spacing"),
    [
        (CENTIMETRE, (0.25, 0.5)),
        ({"resolution": (101_600, 50_800), "resolutionunit": "INCH"}, (0.25, 0.5)),
        ({"resolution": (40_000, 40_000), "resolutionunit": "NONE"}, ()),
        ({"resolution": (0, 0), "resolutionunit": "CENTIMETER"}, ()),
        ({}, ()),
    ],
)
def test_a_spacing_is_stated_or_empty(
    tmp_path: Path, options: dict[str, Any], spacing: tuple[float, ...]
) -> None:
    write_mask(tmp_path / "a.tif", np.zeros((64, 64), dtype=np.uint8), tile=(64, 64), **options)

    assert opened(tmp_path / "a.tif").getSpacing() == spacing


def test_a_slide_that_states_no_spacing_has_none(tmp_path: Path) -> None:
    picture = smooth_picture(100, 80)
    tifffile.imwrite(tmp_path / "a.svs", picture, tile=(64, 64), metadata=None)

    assert opened(tmp_path / "a.svs").getSpacing() == ()


def test_extremes_are_those_that_the_file_states(tmp_path: Path) -> None:
    picture = smooth_picture(100, 80)
    tags = [(340, "B", 3, (4, 2, 3), True), (341, "B", 3, (7, 9, 8), True)]
    tifffile.imwrite(tmp_path / "a.tif", picture, tile=(64, 64), extratags=tags, metadata=None)

    image = opened(tmp_path / "a.tif")

    assert (image.getMinValue(), image.getMaxValue()) == (2.0, 9.0)


def write_nothing(path: Path) -> None:
    """Leave the file out."""


def write_text(path: Path) -> None:
    path.write_text("no image")


def write_half_a_tiff(path: Path) -> None:
    write_mask(path, np.zeros((64, 64), dtype=np.uint8), tile=(64, 64))
    path.write_bytes(path.read_bytes()[:40])


def write_doubles(path: Path) -> None:
    write_mask(path, np.zeros((64, 64)), tile=(64, 64))


def write_strips(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((64, 64), dtype=np.uint8))


def write_nonsense(path: Path) -> None:
    tags = [(341, "s", 0, "white", True)]
    tifffile.imwrite(path, smooth_picture(80, 60), tile=(64, 64), extratags=tags, metadata=None)


def write_colours_of_16_bits(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((64, 64, 3), dtype=np.uint16), tile=(64, 64), photometric="rgb")


@pytest.mark.parametrize(
    "write",
    [
        write_nothing,
        write_text,
        Path.mkdir,
        write_half_a_tiff,
        write_doubles,
        write_strips,
        write_nonsense,
    ],
)
def test_what_cannot_be_read_is_none(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.tif")

    assert mir.MultiResolutionImageReader().open(tmp_path / "a.tif") is None


def test_what_openslide_would_cut_down_to_bytes_is_none(tmp_path: Path) -> None:
    write_colours_of_16_bits(tmp_path / "a.svs")

    assert mir.MultiResolutionImageReader().open(str(tmp_path / "a.svs")) is None


def test_a_tiff_whose_pages_do_not_get_smaller_is_no_pyramid(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for _ in range(2):
            file.write(smooth_picture(80, 60), tile=(64, 64), metadata=None)

    image = opened(tmp_path / "a.tif")

    assert image.getFileType() == "generic-tiff"
    assert image.getNumberOfLevels() == 1


@pytest.mark.parametrize(
    ("factory", "file_type"),
    [("default", "tif"), ("ASAP TIF", "tif"), ("OpenSlide Formats", "generic-tiff")],
)
def test_a_factory_can_be_named(tmp_path: Path, factory: str, file_type: str) -> None:
    write_pyramid(tmp_path / "a.tif", 300, 200)

    image = mir.MultiResolutionImageReader().open(tmp_path / "a.tif", factory)

    assert image is not None
    assert image.getFileType() == file_type
    assert mir.MultiResolutionImageReader().open(tmp_path / "a.tif", "DICOM") is None


def test_a_closed_image_is_invalid_as_in_asap(aperio: Path) -> None:
    image = opened(aperio)
    image.close()
    image.close()

    assert not image.valid()
    assert (image.getNumberOfLevels(), image.getSamplesPerPixel()) == (-1, -1)
    assert (image.getDimensions(), image.getSpacing()) == ((), ())
    assert (image.getLevelDownsample(0), image.getBestLevelForDownSample(2)) == (-1.0, -1)
    assert (image.getColorType(), image.getDataType()) == (0, 0)
    assert (image.getMinValue(), image.getMaxValue()) == (-1.0, -1.0)
    assert (image.getFileType(), image.getProperty("openslide.vendor")) == ("", "")
    with pytest.raises(ValueError, match="no level 0, or is closed"):
        image.getUCharPatch(0, 0, 1, 1, 0)


def test_a_patch_of_what_is_not_there_is_refused(aperio: Path) -> None:
    image = opened(aperio)

    for level in (-1, 2):
        with pytest.raises(ValueError, match=f"no level {level}"):
            image.getUCharPatch(0, 0, 1, 1, level)
    with pytest.raises(ValueError, match="-1 x 1 pixels"):
        image.getUCharPatch(0, 0, -1, 1, 0)
    with pytest.raises(TypeError, match="float"):
        image.getUCharPatch(0.5, 0, 1, 1, 0)  # type: ignore[arg-type]


def test_a_patch_may_be_empty_and_named(aperio: Path) -> None:
    patch = opened(aperio).getUCharPatch(startX=0, startY=0, width=0, height=4, level=1)

    assert patch.shape == (4, 0, 3)


def test_damage_is_told(tmp_path: Path) -> None:
    write_pyramid(tmp_path / "a.tif", 300, 200)
    spoil_tile(tmp_path / "a.tif", page=0)
    own = opened(tmp_path / "a.tif")
    by_openslide = mir.MultiResolutionImageReader().open(tmp_path / "a.tif", "OpenSlide Formats")

    with pytest.raises(ValueError, match="tile 0, 0 cannot be decoded"):
        own.getUCharPatch(0, 0, 10, 10, 0)
    assert by_openslide is not None
    with pytest.raises(TruthError, match=r"a\.tif: level 0 cannot be read"):
        by_openslide.getUCharPatch(0, 0, 10, 10, 0)
