import io
import math
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pytest
import tifffile
from numpy.typing import NDArray
from tifffile import COMPRESSION, PHOTOMETRIC

from evaluator.decoding.images import read_tiff
from ground_truth.slides import mir
from tests.ground_truth.pyramids import smooth_picture, write_aperio, write_pyramid

TYPES = {"uint8": mir.UChar, "uint16": mir.UInt16, "uint32": mir.UInt32, "float32": mir.Float}


def writer_of(data_type: int, color_type: int = mir.Monochrome) -> mir.MultiResolutionImageWriter:
    """Return a writer of tiles of 32 pixels and two smaller levels."""
    writer = mir.MultiResolutionImageWriter()
    writer.setDataType(data_type)
    writer.setColorType(color_type)
    writer.setTileSize(32)
    writer.setMaxNumberOfPyramidLevels(2)
    return writer


def tiles_of(values: NDArray[Any], side: int) -> list[NDArray[Any]]:
    """Return whole tiles in raster order; what is beyond the image is 9."""
    height, width = values.shape[:2]
    padded = np.full((-(-height // side) * side, -(-width // side) * side, *values.shape[2:]), 9)
    padded = padded.astype(values.dtype)
    padded[:height, :width] = values
    return [
        padded[y : y + side, x : x + side]
        for y in range(0, height, side)
        for x in range(0, width, side)
    ]


def write(writer: mir.MultiResolutionImageWriter, path: Path, values: NDArray[Any]) -> None:
    """Write a whole image the way that scripts do."""
    assert writer.openFile(str(path)) == 0
    assert writer.writeImageInformation(values.shape[1], values.shape[0]) == 0
    for tile in tiles_of(values, writer.getTileSize()):
        writer.writeBaseImagePart(tile.flatten())
    assert writer.finishImage() == 0


def levels_of(path: Path) -> list[NDArray[Any]]:
    with tifffile.TiffFile(path) as tiff:
        return [page.asarray() for page in tiff.pages]


def slow_half(values: NDArray[Any], *, is_mean: bool) -> NDArray[Any]:
    """Return half an image pixel by pixel; means of whole numbers are cut off."""
    height, width = values.shape[0] // 2, values.shape[1] // 2
    half = np.zeros((height, width, *values.shape[2:]), dtype=values.dtype)
    for row in range(height):
        for column in range(width):
            four = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            mean = four.astype(np.float64).mean(axis=(0, 1))
            half[row, column] = mean.astype(values.dtype) if is_mean else four[0, 0]
    return half


def noise(dtype: str, *shape: int) -> NDArray[Any]:
    """Return random values over a type's whole range; floats are multiples of 2^-10."""
    rng = np.random.default_rng(7)
    if dtype == "float32":
        return (rng.integers(-1000, 1000, shape) / 1024).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize("codec", [mir.LZW, mir.RAW])
@pytest.mark.parametrize("interpolation", [mir.Linear, mir.NearestNeighbor])
@pytest.mark.parametrize("dtype", TYPES)
def test_what_is_written_is_read_back_at_every_level(
    tmp_path: Path, dtype: str, interpolation: int, codec: int
) -> None:
    values = noise(dtype, 70, 101)
    writer = writer_of(TYPES[dtype])
    writer.setInterpolation(interpolation)
    writer.setCompression(codec)

    write(writer, tmp_path / "a.tif", values)

    is_mean = interpolation == mir.Linear
    half = slow_half(values, is_mean=is_mean)
    found = levels_of(tmp_path / "a.tif")
    assert [level.shape for level in found] == [(70, 101), (35, 50), (17, 25)]
    np.testing.assert_array_equal(found[0], values)
    np.testing.assert_array_equal(found[1], half)
    np.testing.assert_array_equal(found[2], slow_half(half, is_mean=is_mean))


@pytest.mark.parametrize(("color_type", "samples"), [(mir.RGB, 3), (mir.RGBA, 4), (mir.Indexed, 2)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_images_of_several_samples_are_read_back(
    tmp_path: Path, dtype: str, color_type: int, samples: int
) -> None:
    values = noise(dtype, 40, 50, samples)
    writer = writer_of(TYPES[dtype], color_type)
    writer.setNumberOfIndexedColors(2)

    write(writer, tmp_path / "a.tif", values)

    image = mir.MultiResolutionImageReader().open(tmp_path / "a.tif")
    assert image is not None
    assert (image.getSamplesPerPixel(), image.getColorType()) == (samples, color_type)
    np.testing.assert_array_equal(image.read_native((0, 0), (50, 40), 0), values)
    np.testing.assert_array_equal(
        image.read_native((0, 0), (25, 20), 1), slow_half(values, is_mean=True)
    )


@pytest.mark.parametrize("codec", [mir.LZW, mir.RAW])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_heatmap_is_one_that_the_evaluator_reads(tmp_path: Path, dtype: str, codec: int) -> None:
    values = noise(dtype, 70, 101)
    writer = writer_of(TYPES[dtype])
    writer.setCompression(codec)

    write(writer, tmp_path / "a.tif", values)

    read = read_tiff(io.BytesIO((tmp_path / "a.tif").read_bytes()), "a.tif")
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, values)


@pytest.mark.parametrize(
    ("quality", "photometric"),
    [(89.9, PHOTOMETRIC.YCBCR), (90.0, PHOTOMETRIC.RGB), (100.0, PHOTOMETRIC.RGB)],
)
def test_jpeg_tiles_are_openslides_too(tmp_path: Path, quality: float, photometric: int) -> None:
    picture = smooth_picture(256, 192)
    writer = writer_of(mir.UChar, mir.RGB)
    writer.setCompression(mir.Compression_JPEG)
    assert writer.setJPEGQuality(quality) == 0

    write(writer, tmp_path / "a.tif", picture)

    image = mir.MultiResolutionImageReader().open(tmp_path / "a.tif")
    assert image is not None
    patch = image.getUCharPatch(0, 0, 256, 192, 0)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        assert [page.aspage().photometric for page in tiff.pages] == [photometric] * 3
    with openslide.OpenSlide(tmp_path / "a.tif") as slide:
        shown = np.asarray(slide.read_region((0, 0), 0, (256, 192)))[:, :, :3]
    np.testing.assert_array_equal(patch, shown)
    assert np.abs(patch.astype(int) - picture).mean() < 3
    half = slow_half(picture, is_mean=True).astype(int)
    assert np.abs(image.getUCharPatch(0, 0, 128, 96, 1) - half).mean() < 3


def test_jpeg_takes_one_sample(tmp_path: Path) -> None:
    gray = smooth_picture(64, 64)[:, :, 0]
    writer = writer_of(mir.UChar)
    writer.setCompression(mir.JPEG)
    writer.setJPEGQuality(95)

    write(writer, tmp_path / "a.tif", gray)

    assert np.abs(levels_of(tmp_path / "a.tif")[0].astype(int) - gray).max() < 20


@pytest.mark.parametrize(
    ("width", "height", "sizes"),
    [
        (682, 40, [(682, 40)]),
        (683, 40, [(683, 40), (341, 20)]),
        (1365, 33, [(1365, 33), (682, 16)]),
        (1366, 33, [(1366, 33), (683, 16), (341, 8)]),
        (2900, 3, [(2900, 3), (1450, 1)]),
    ],
)
def test_levels_are_asaps_as_long_as_they_have_a_pixel(
    tmp_path: Path, width: int, height: int, sizes: list[tuple[int, int]]
) -> None:
    writer = writer_of(mir.UChar)
    writer.setTileSize(512)
    writer.setMaxNumberOfPyramidLevels(-1)

    write(writer, tmp_path / "a.tif", np.ones((height, width), dtype=np.uint8))

    found = levels_of(tmp_path / "a.tif")
    assert [level.shape[::-1] for level in found] == sizes
    assert all((level == 1).all() for level in found)


def test_tiles_can_be_written_to_places_in_any_order_and_twice(tmp_path: Path) -> None:
    writer = writer_of(mir.UInt16)
    writer.setMaxNumberOfPyramidLevels(0)
    writer.openFile(tmp_path / "a.tif")
    writer.writeImageInformation(90, 60)

    for value, x, y in ((1, 64, 32), (2, 0, 0), (3, 89, 59), (4, 33, 31)):
        writer.writeBaseImagePartToLocation(np.full((32, 32), value, dtype=np.uint16), x, y)
    writer.finishImage()

    (found,) = levels_of(tmp_path / "a.tif")
    expected = np.zeros((60, 90), dtype=np.uint16)
    expected[:32, :32] = 2
    expected[:32, 32:64] = 4
    # The tile of pixel (89, 59) is that of (64, 32).
    expected[32:, 64:] = 3
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("codec", [mir.LZW, mir.RAW])
@pytest.mark.parametrize("size", [(32, 32), (90, 70)])
def test_tiles_that_are_not_written_are_0(
    tmp_path: Path, size: tuple[int, int], codec: int
) -> None:
    writer = writer_of(mir.Float)
    writer.setCompression(codec)
    writer.openFile(tmp_path / "a.tif")
    writer.writeImageInformation(*size)

    writer.finishImage()

    found = levels_of(tmp_path / "a.tif")
    assert [level.shape for level in found] == [
        (size[1] >> level, size[0] >> level) for level in range(3)
    ]
    assert not any(level.any() for level in found)


def test_values_of_another_sign_or_of_truth_are_taken_bit_for_bit(tmp_path: Path) -> None:
    writer = writer_of(mir.UChar)
    writer.setMaxNumberOfPyramidLevels(0)
    writer.openFile(tmp_path / "a.tif")
    writer.writeImageInformation(64, 32)

    writer.writeBaseImagePart(np.full((32, 32), -1, dtype=np.int8))
    writer.writeBaseImagePart(np.ones((32, 32), dtype=np.bool_))
    writer.finishImage()

    assert levels_of(tmp_path / "a.tif")[0][0, 31:33].tolist() == [255, 1]


@pytest.mark.parametrize(("dtype", "data_type"), [(">u2", mir.UInt16), (">f4", mir.Float)])
def test_values_of_the_other_byte_order_keep_their_worth(
    tmp_path: Path, dtype: str, data_type: int
) -> None:
    writer = writer_of(data_type)
    writer.openFile(tmp_path / "a.tif")
    writer.writeImageInformation(32, 32)

    writer.writeBaseImagePart(np.full((32, 32), 300, dtype=dtype))
    writer.finishImage()

    assert levels_of(tmp_path / "a.tif")[0][0, 0] == 300


def test_the_file_states_spacing_type_and_extremes(tmp_path: Path) -> None:
    writer = writer_of(mir.Float)
    writer.openFile(tmp_path / "a.tif")
    writer.writeImageInformation(64, 32)
    spacing = mir.vector_double()
    spacing.push_back(0.25)
    spacing.push_back(0.5)
    writer.setSpacing(spacing)

    writer.writeBaseImagePart(np.full(1024, 0.75, dtype=np.float32))
    writer.writeBaseImagePart(np.linspace(-0.5, 0.5, 1024, dtype=np.float32))
    writer.finishImage()

    image = mir.MultiResolutionImageReader().open(tmp_path / "a.tif")
    assert image is not None
    assert image.getSpacing() == (0.25, 0.5)
    assert (image.getMinValue(), image.getMaxValue()) == (-0.5, 0.75)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        pages = [page.aspage() for page in tiff.pages]
        assert tiff.is_bigtiff
        assert [int(page.subfiletype) for page in pages] == [0, 1, 1]
        assert [page.tags["XResolution"].value for page in pages] == [
            (40_000, 1),
            (20_000, 1),
            (10_000, 1),
        ]
        assert {page.compression for page in pages} == {COMPRESSION.LZW}


def test_what_is_no_number_is_no_extreme(tmp_path: Path) -> None:
    values = np.full((32, 64), math.nan, dtype=np.float32)
    values[5, 40] = 0.25

    write(writer_of(mir.Float), tmp_path / "a.tif", values)
    write(writer_of(mir.Float), tmp_path / "b.tif", values[:, :32])

    some, none = (
        mir.MultiResolutionImageReader().open(tmp_path / name) for name in ("a.tif", "b.tif")
    )
    assert some is not None
    assert none is not None
    assert (some.getMinValue(), some.getMaxValue()) == (0.25, 0.25)
    assert (none.getMinValue(), none.getMaxValue()) == (0.0, 255.0)


def test_a_spacing_before_the_file_is_open_counts_for_nothing_as_in_asap(tmp_path: Path) -> None:
    writer = writer_of(mir.UChar)
    writer.setSpacing([0.25, 0.25])

    write(writer, tmp_path / "a.tif", np.zeros((32, 32), dtype=np.uint8))

    image = mir.MultiResolutionImageReader().open(tmp_path / "a.tif")
    assert image is not None
    assert image.getSpacing() == ()


def test_a_file_is_there_only_once_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"before")
    writer = writer_of(mir.UChar)
    writer.openFile(tmp_path / "a.tif")
    writer.writeImageInformation(32, 32)
    writer.writeBaseImagePart(np.zeros(1024, dtype=np.uint8))

    before = [(path.name, path.read_bytes()) for path in tmp_path.iterdir()]
    assert writer.getOpenFile() == str(tmp_path / "a.tif")
    writer.finishImage()

    assert before == [("a.tif", b"before")]
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]
    assert levels_of(tmp_path / "a.tif")[0].shape == (32, 32)
    assert writer.getOpenFile() == ""


def test_a_file_that_cannot_take_its_name_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.tif").mkdir()
    writer = writer_of(mir.UChar)
    writer.openFile(tmp_path / "a.tif")
    writer.writeImageInformation(32, 32)

    with pytest.raises(IsADirectoryError):
        writer.finishImage()

    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]
    assert writer.finishImage() == -1


def test_a_writer_writes_one_image_after_another(tmp_path: Path) -> None:
    writer = writer_of(mir.UChar)

    write(writer, tmp_path / "a.tif", np.full((32, 32), 1, dtype=np.uint8))
    write(writer, tmp_path / "b.tif", np.full((40, 40), 2, dtype=np.uint8))

    assert levels_of(tmp_path / "a.tif")[0].max() == 1
    assert levels_of(tmp_path / "b.tif")[0].min() == 2


def test_an_image_far_beyond_memory_needs_little_of_it(tmp_path: Path) -> None:
    writer = writer_of(mir.Float)
    writer.setTileSize(512)
    writer.openFile(tmp_path / "a.tif")
    tile = np.zeros((512, 512), dtype=np.float32)
    tracemalloc.start()
    try:
        # 256 MiB of pixels.
        writer.writeImageInformation(8192, 8192)
        for _ in range(256):
            writer.writeBaseImagePart(tile)
        writer.finishImage()
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        assert tiff.pages[0].shape == (8192, 8192)
    assert peak_bytes < 16 * 2**20


def test_a_slide_is_written_as_it_is_read(tmp_path: Path) -> None:
    picture = smooth_picture(300, 200)
    write_aperio(tmp_path / "a.svs", picture, mpp="0.25")
    image = mir.MultiResolutionImageReader().open(tmp_path / "a.svs")
    assert image is not None
    writer = mir.MultiResolutionImageWriter()

    writer.writeImageToFile(image, tmp_path / "b.tif")
    writer.setOverrideSpacing([0.5, 0.5])
    writer.writeImageToFile(image, tmp_path / "c.tif")

    for name, spacing in (("b.tif", (0.25, 0.25)), ("c.tif", (0.5, 0.5))):
        written = mir.MultiResolutionImageReader().open(tmp_path / name)
        assert written is not None
        assert written.getSpacing() == spacing
        np.testing.assert_array_equal(written.getUCharPatch(0, 0, 300, 200, 0), picture)


def test_where_nothing_can_be_written_asaps_numbers_say_so(tmp_path: Path) -> None:
    write_pyramid(tmp_path / "a.tif", 64, 64, level_count=1)
    image = mir.MultiResolutionImageReader().open(tmp_path / "a.tif")
    assert image is not None
    writer = writer_of(mir.UChar)

    assert writer.openFile(tmp_path / "not" / "a.tif") == -1
    assert writer.writeImageInformation(32, 32) == -1
    assert writer.finishImage() == -1
    with pytest.raises(ValueError, match="open a file before writing tiles"):
        writer.writeBaseImagePart(np.zeros(1024, dtype=np.uint8))
    with pytest.raises(OSError, match="cannot be written"):
        writer.writeImageToFile(image, tmp_path / "not" / "a.tif")


def test_an_image_without_a_size_is_not_finished(tmp_path: Path) -> None:
    writer = writer_of(mir.UChar)
    writer.openFile(tmp_path / "a.tif")

    assert writer.finishImage() == -1
    with pytest.raises(ValueError, match="write the image information before the tiles"):
        writer.writeBaseImagePart(np.zeros(1024, dtype=np.uint8))
    with pytest.raises(ValueError, match="write the image information before the tiles"):
        writer.writeBaseImagePartToLocation(np.zeros(1024, dtype=np.uint8), 0, 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("setDataType", mir.InvalidDataType, "set the data type and the colour type"),
        ("setColorType", mir.InvalidColorType, "set the data type and the colour type"),
        ("setColorType", mir.Indexed, "set the data type and the colour type"),
        ("setTileSize", 500, "500 pixels is no multiple of 16"),
        ("setTileSize", 0, "0 pixels is no multiple of 16"),
        ("setCompression", mir.JPEG2000_LOSSLESS, "not JPEG 2000"),
    ],
)
def test_settings_that_no_file_can_have_are_refused(
    tmp_path: Path, name: str, value: int, message: str
) -> None:
    writer = writer_of(mir.UChar)
    writer.openFile(tmp_path / "a.tif")
    getattr(writer, name)(value)

    with pytest.raises(ValueError, match=message):
        writer.writeImageInformation(32, 32)


@pytest.mark.parametrize(
    ("data_type", "color_type"), [(mir.Float, mir.Monochrome), (mir.UChar, mir.RGBA)]
)
def test_jpeg_of_anything_but_bytes_is_refused(
    tmp_path: Path, data_type: int, color_type: int
) -> None:
    writer = writer_of(data_type, color_type)
    writer.setCompression(mir.JPEG)
    writer.openFile(tmp_path / "a.tif")

    with pytest.raises(ValueError, match="JPEG takes bytes of one sample or three"):
        writer.writeImageInformation(32, 32)


def test_an_image_without_a_pixel_is_refused(tmp_path: Path) -> None:
    writer = writer_of(mir.UChar)
    writer.openFile(tmp_path / "a.tif")

    with pytest.raises(ValueError, match="0 x 32 pixels cannot be written"):
        writer.writeImageInformation(0, 32)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (np.zeros(1023, dtype=np.float32), ValueError, "1023 values is not one of 32 x 32 x 1"),
        (np.zeros(1024), TypeError, r"holds float32, not float64: use .astype\('float32'\)"),
        (np.zeros(1024, dtype=np.uint32), TypeError, "holds float32, not uint32"),
        (np.zeros(1024, dtype=np.float16), TypeError, "holds float32, not float16"),
    ],
)
def test_tiles_that_asap_would_misread_are_refused(
    tmp_path: Path, data: NDArray[Any], error: type[Exception], message: str
) -> None:
    writer = writer_of(mir.Float)
    writer.openFile(tmp_path / "a.tif")
    writer.writeImageInformation(32, 32)

    with pytest.raises(error, match=message):
        writer.writeBaseImagePart(data)


def test_tiles_beyond_the_image_are_refused(tmp_path: Path) -> None:
    tile = np.zeros((32, 32), dtype=np.uint8)
    writer = writer_of(mir.UChar)
    writer.openFile(tmp_path / "a.tif")
    writer.writeImageInformation(33, 32)
    writer.writeBaseImagePart(tile)
    writer.writeBaseImagePart(tile)

    with pytest.raises(ValueError, match="all 2 tiles are written"):
        writer.writeBaseImagePart(tile)
    for place in ((33, 0), (0, 32), (-1, 0)):
        with pytest.raises(ValueError, match="is outside the image of 33 x 32 pixels"):
            writer.writeBaseImagePartToLocation(tile, *place)


@pytest.mark.parametrize("spacing", [(0.25,), (0.25, -1), (0.25, math.nan), (1, 1, 1)])
def test_what_is_no_spacing_is_refused(tmp_path: Path, spacing: Sequence[float]) -> None:
    writer = writer_of(mir.UChar)
    writer.openFile(tmp_path / "a.tif")

    with pytest.raises(ValueError, match="is no spacing"):
        writer.setSpacing(spacing)


def test_settings_begin_as_in_asap_and_are_kept() -> None:
    writer = mir.MultiResolutionImageWriter()
    at_first = (
        writer.getCompression(),
        writer.getInterpolation(),
        writer.getDataType(),
        writer.getColorType(),
        writer.getTileSize(),
        writer.getJPEGQuality(),
        writer.getNumberOfIndexedColors(),
        writer.getMaxNumberOfPyramidLevels(),
        writer.getOverrideSpacing(),
    )
    writer.setProgressMonitor(mir.CmdLineProgressMonitor())
    writer.setCompression(mir.Compression_RAW)
    writer.setInterpolation(mir.Interpolation_NearestNeighbor)
    writer.setDataType(mir.DataType_UInt32)
    writer.setColorType(mir.ColorType_RGBA)

    assert at_first == (mir.LZW, mir.Linear, 0, 0, 512, 30.0, 0, -1, ())
    assert (writer.getCompression(), writer.getInterpolation()) == (mir.RAW, mir.NearestNeighbor)
    assert (writer.getDataType(), writer.getColorType()) == (mir.UInt32, mir.ARGB)


@pytest.mark.parametrize("quality", [0, -1, 100.5, math.nan])
def test_a_quality_out_of_range_changes_nothing(quality: float) -> None:
    writer = mir.MultiResolutionImageWriter()

    assert writer.setJPEGQuality(quality) == -1
    assert writer.getJPEGQuality() == 30.0
