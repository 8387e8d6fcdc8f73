import json
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import openslide
import pytest
import tifffile
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from ground_truth.annotations.lenient_asap import read_leniently
from ground_truth.masks import pyramid
from ground_truth.masks.huffman import run_code
from ground_truth.masks.layout import Codec, Layout
from ground_truth.masks.pyramid import write_pyramid
from ground_truth.masks.run_deflate import deflated_tiles
from ground_truth.masks.tiles import Grid, tiled_runs
from ground_truth.raster.filling import Runs, Stroke, fill_outlines
from ground_truth.raster.painting import painting_of
from tests.ground_truth.oracle_cases import hand_made_cases, painted


def runs_of_raster(raster: NDArray[np.uint8]) -> Runs:
    """Return the runs of a raster, found pixel by pixel."""
    found: list[tuple[int, int, int, int]] = []
    for row, line in enumerate(raster.tolist()):
        start = 0
        for column in range(1, len(line) + 1):
            if column == len(line) or line[column] != line[start]:
                if line[start]:
                    found.append((row, start, column, line[start]))
                start = column
    columns = np.array(found, dtype=np.int64).reshape(-1, 4).T
    return Runs(*columns)


def box_runs(*boxes: tuple[int, int, int, int, int], size: tuple[int, int]) -> Runs:
    """Return the runs of boxes (left, top, right, bottom, value), ends excluded, later on top."""
    rings = [
        np.array(
            [(x - 0.5, y - 0.5), (r - 0.5, y - 0.5), (r - 0.5, b - 0.5), (x - 0.5, b - 0.5)],
            np.float32,
        )
        for x, y, r, b, _ in boxes
    ]
    return fill_outlines(rings, [Stroke(value) for *_, value in boxes], 0, *size)


def levels_of(path: Path) -> list[NDArray[np.uint8]]:
    with tifffile.TiffFile(path) as tiff:
        return [page.asarray() for page in tiff.pages]


def pages_of(tiff: tifffile.TiffFile) -> list[tifffile.TiffPage]:
    return [page for page in tiff.pages if isinstance(page, tifffile.TiffPage)]


def first_page(tiff: tifffile.TiffFile) -> tifffile.TiffPage:
    return pages_of(tiff)[0]


SIZE = (2600, 1900)
BOXES = (
    (300, 200, 2300, 1700, 1),
    (700, 700, 900, 1400, 2),
    (1030, 10, 1031, 1890, 255),
    (0, 0, 1, 1, 9),
)


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("is_dense", [False, True])
def test_every_codec_reads_back_in_tifffile_and_openslide(
    tmp_path: Path, codec: Codec, *, is_dense: bool
) -> None:
    out = tmp_path / "mask.tif"
    runs = box_runs(*BOXES, size=SIZE)
    whole = painted(runs, *SIZE)

    write_pyramid(out, runs, SIZE, 0.243, Layout(codec, is_dense))

    levels = levels_of(out)
    assert [level.shape[::-1] for level in levels] == [(2600, 1900), (1300, 950), (650, 475)]
    with openslide.OpenSlide(out) as slide:
        for index, level in enumerate(levels):
            rows, columns = level.shape
            expected = whole[: rows << index : 1 << index, : columns << index : 1 << index]
            np.testing.assert_array_equal(level, expected)
            shown = np.asarray(slide.read_region((0, 0), index, (columns, rows)))
            np.testing.assert_array_equal(shown[..., 0], expected)


def test_tiles_of_zeros_are_not_written_and_full_ones_are_written_once(tmp_path: Path) -> None:
    out = tmp_path / "mask.tif"

    write_pyramid(out, box_runs((512, 512, 2048, 1024, 3), size=(2560, 2048)), (2560, 2048), None)

    with tifffile.TiffFile(out) as tiff:
        page = tiff.pages[0]
        assert [page.databytecounts[i] > 0 for i in range(20)] == [
            *[False] * 5, False, True, True, True, False, *[False] * 10,
        ]  # fmt: skip
        assert page.dataoffsets[6] == page.dataoffsets[7] == page.dataoffsets[8]
    assert out.stat().st_size < 4000


def test_a_tile_that_lacks_one_row_or_one_pixel_is_not_full(tmp_path: Path) -> None:
    out = tmp_path / "mask.tif"
    runs = box_runs(
        (0, 0, 512, 511, 3), (512, 0, 1024, 512, 3), (600, 9, 602, 11, 0), size=(1024, 512)
    )

    write_pyramid(out, runs, (1024, 512), None)

    np.testing.assert_array_equal(levels_of(out)[0], painted(runs, 1024, 512))


def test_a_dense_mask_gives_every_tile_an_address(tmp_path: Path) -> None:
    out = tmp_path / "mask.tif"

    write_pyramid(out, box_runs(size=SIZE), SIZE, None, Layout(is_dense=True))

    with tifffile.TiffFile(out) as tiff:
        assert all(min(page.dataoffsets) > 0 for page in tiff.pages)
    assert not levels_of(out)[0].any()


@pytest.mark.parametrize("id_", ["01", "08a", "27a", "33f", "33k", "28b"])
def test_tags_are_asaps(shared: Path, tmp_path: Path, id_: str) -> None:
    out = tmp_path / "mask.tif"
    case = next(case for case in hand_made_cases(shared) if case.id == id_)
    listed = json.loads((shared / "oracles" / "asap" / "oracle.json").read_bytes())
    expected = next(entry for entry in listed if entry["id"] == id_)["levels"]
    painting = painting_of(read_leniently(case.content, case.id), case.recipe)
    runs = fill_outlines(painting.outlines, painting.strokes, 0, *case.size)

    write_pyramid(out, runs, case.size, 0.243)

    with tifffile.TiffFile(out) as tiff:
        assert tiff.is_bigtiff
        for page, level in zip(pages_of(tiff), expected, strict=True):
            found = {tag.name: plain(tag.value) for tag in page.tags.values()}
            # ASAP compresses with LZW; deflate reads faster and is a third of the size.
            wanted = level["tags"] | {"Compression": 8}
            assert {name: found[name] for name in wanted} == wanted


def plain(value: object) -> object:
    """Return a tag's value as the oracle lists it."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, bytes):
        return str(value)
    return int(value) if isinstance(value, int) else value


def test_resolution_may_differ_in_y(tmp_path: Path) -> None:
    out = tmp_path / "mask.tif"

    write_pyramid(out, box_runs(size=(700, 700)), (700, 700), 0.25, spacing_y_um=0.5)

    with tifffile.TiffFile(out) as tiff:
        tags = [page.tags for page in pages_of(tiff)]
        assert [page["XResolution"].value for page in tags] == [(40_000, 1), (20_000, 1)]
        assert [page["YResolution"].value for page in tags] == [(20_000, 1), (10_000, 1)]


@pytest.mark.parametrize(
    ("spacing_um", "ratio"),
    [
        (0.243, (10534979, 256)),
        (0.25, (40000, 1)),
        (0.226, (5663717, 128)),
        (0.243094, (5265453, 128)),
    ],
)
def test_resolution_is_rounded_as_asap_rounds(
    tmp_path: Path, spacing_um: float, ratio: tuple[int, int]
) -> None:
    out = tmp_path / "mask.tif"

    write_pyramid(out, box_runs(size=(700, 700)), (700, 700), spacing_um)

    with tifffile.TiffFile(out) as tiff:
        assert [page.tags["XResolution"].value for page in pages_of(tiff)] == [
            ratio,
            (ratio[0], ratio[1] * 2) if ratio[1] > 1 else (ratio[0] // 2, 1),
        ]
    with openslide.OpenSlide(out) as slide:
        mpp = float(slide.properties[openslide.PROPERTY_NAME_MPP_X])
        assert mpp == pytest.approx(spacing_um, rel=1e-7)


def test_without_a_spacing_no_resolution_is_stated(tmp_path: Path) -> None:
    out = tmp_path / "mask.tif"

    write_pyramid(out, box_runs(size=(600, 600)), (600, 600), None)

    with tifffile.TiffFile(out) as tiff:
        assert "XResolution" not in first_page(tiff).tags
        assert first_page(tiff).tags["ResolutionUnit"].value == 3


def test_a_failed_mask_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(pyramid, "deflated_tiles", broken)

    with pytest.raises(OSError, match="no space"):
        write_pyramid(tmp_path / "mask.tif", box_runs(*BOXES, size=SIZE), SIZE, None)

    assert list(tmp_path.iterdir()) == []


tiles_drawn = st.tuples(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 2, 7, 60, 600, 9000]),
    st.sampled_from([1, 2, 3, 9, 255]),
)


@settings(max_examples=60, deadline=None)
@given(drawn=tiles_drawn)
def test_streams_written_from_runs_hold_the_pixels(drawn: tuple[int, int, int]) -> None:
    seed, run_length, value_count = drawn
    random = np.random.default_rng(seed)
    lengths = random.geometric(1 / run_length, size=2 * 512 * 512 // run_length + 9)
    values = random.integers(0, value_count + 1, size=len(lengths)).astype(np.uint8)
    raster = np.repeat(values, lengths)[: 512 * 512]
    raster = np.pad(raster, (0, 512 * 512 - len(raster))).reshape(512, 512)
    runs = runs_of_raster(raster)
    code = run_code((0, *np.unique(runs.value).tolist()))

    for slab in tiled_runs([(Grid(1, 1, 0), runs)], 2**15):
        found = deflated_tiles(slab.pieces, code) if len(slab.pieces) else None
        full = list(slab.full)

        if found is None:
            assert full == [int(raster[0, 0])]
            continue
        stream = found.data[found.offset[0] : found.offset[0] + found.size[0]]
        assert zlib.decompress(stream) == raster.tobytes()
        assert imagecodecs.zlib_decode(stream) == raster.tobytes()


def test_a_code_for_every_value_is_complete() -> None:
    raster = np.arange(512 * 512, dtype=np.int64).reshape(512, 512) % 256
    runs = runs_of_raster(raster.astype(np.uint8))

    (slab,) = tiled_runs([(Grid(1, 1, 0), runs)], 2**20)
    found = deflated_tiles(slab.pieces, run_code(tuple(range(256))))

    assert zlib.decompress(found.data) == raster.astype(np.uint8).tobytes()


boxes_drawn = st.lists(
    st.tuples(
        st.integers(0, 1500), st.integers(0, 1200), st.integers(1, 1400), st.integers(1, 1300),
        st.sampled_from([0, 1, 1, 2]),
    ).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3], b[4])),
    max_size=5,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(boxes=boxes_drawn, slab_runs=st.sampled_from([50, 2**15]))
def test_any_boxes_read_back_whatever_the_slabs(
    tmp_path_factory: pytest.TempPathFactory,
    boxes: list[tuple[int, int, int, int, int]],
    slab_runs: int,
) -> None:
    out = tmp_path_factory.mktemp("masks") / "mask.tif"
    runs = box_runs(*boxes, size=(1600, 1300))
    original = pyramid._SLAB_RUNS
    pyramid._SLAB_RUNS = slab_runs
    try:
        write_pyramid(out, runs, (1600, 1300), None)
    finally:
        pyramid._SLAB_RUNS = original

    whole = painted(runs, 1600, 1300)
    levels = levels_of(out)
    np.testing.assert_array_equal(levels[0], whole)
    np.testing.assert_array_equal(levels[1], whole[::2, ::2])
