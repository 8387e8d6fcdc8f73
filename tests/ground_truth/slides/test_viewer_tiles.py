from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

from ground_truth.errors import TruthError
from ground_truth.slides.tiff_levels import open_levels
from ground_truth.slides.viewer_tiles import TileLevel, ViewerTiles, whole_jpeg
from tests.ground_truth.pyramids import (
    Photometric,
    Pixels,
    set_byte_counts,
    spoil_tile,
    write_jpeg_pyramid,
    write_pyramid,
)


def decoded(tile: bytes) -> Pixels:
    pixels: Pixels = imagecodecs.jpeg8_decode(tile)
    return pixels


@pytest.mark.parametrize("photometric", ["ycbcr", "rgb"])
def test_passed_tiles_decode_to_the_files_own_pixels(
    tmp_path: Path, photometric: Photometric
) -> None:
    path = tmp_path / "a.tif"
    levels = write_jpeg_pyramid(path, 1000, 700, photometric=photometric)

    with ViewerTiles.open(path) as tiles, tifffile.TiffFile(path) as file:
        assert tiles.is_native
        for level, grid in enumerate(tiles.levels):
            stored = file.pages[level].asarray()
            rebuilt = np.concatenate(
                [
                    np.concatenate(
                        [decoded(tiles.tile(level, column, row)) for column in range(grid.columns)],
                        axis=1,
                    )
                    for row in range(grid.rows)
                ]
            )
            np.testing.assert_array_equal(rebuilt[: grid.height, : grid.width], stored)
            # The right colours, too: a wrong transform would be tens of grey levels away.
            assert np.abs(stored.astype(int) - levels[level]).mean() < 3


def test_passed_tiles_are_not_coded_again(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_jpeg_pyramid(path, 600, 300)

    with ViewerTiles.open(path) as tiles, tifffile.TiffFile(path) as file:
        page = file.pages[0]
        file.filehandle.seek(page.dataoffsets[1])
        stored = file.filehandle.read(page.databytecounts[1])
        passed = tiles.tile(0, 1, 0)

    scan = stored.index(b"\xff\xda")
    assert passed.endswith(stored[scan:])


def test_a_page_of_a_levels_size_that_is_not_tiled_is_no_level(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    level = np.full((150, 300, 3), 7, dtype=np.uint8)
    with tifffile.TiffWriter(path) as file:
        for pixels, tile in (
            (np.zeros((300, 600, 3), dtype=np.uint8), (256, 256)),
            (np.zeros_like(level), None),
            (level, (256, 256)),
        ):
            file.write(pixels, tile=tile, photometric="rgb", metadata=None)

    levels = open_levels(path, [(600, 300), (300, 150)])

    assert levels is not None
    np.testing.assert_array_equal(levels.region(1, 0, 0, (300, 150)), level)
    levels.close()


def test_the_grid_of_passed_tiles_is_the_files(tmp_path: Path) -> None:
    write_jpeg_pyramid(tmp_path / "a.tif", 1000, 700)

    with ViewerTiles.open(tmp_path / "a.tif") as tiles:
        assert tiles.levels == (
            TileLevel(1000, 700, 256, 256, 4, 3, overlap=0, is_padded=True),
            TileLevel(500, 350, 256, 256, 2, 2, overlap=0, is_padded=True),
        )


def test_words_on_colour_in_the_stream_do_not_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_jpeg_pyramid(path, 300, 300, photometric="rgb")
    with ViewerTiles.open(path) as tiles:
        tile = tiles.tile(0, 0, 0)
    # A JFIF marker makes decoders take three components for YCbCr.
    jfif = bytes.fromhex("ffe000104a46494600010100000100010000")
    misleading = tile[:2] + jfif + tile[2:]

    np.testing.assert_array_equal(decoded(whole_jpeg(b"", misleading, 0)), decoded(tile))
    assert (decoded(misleading) != decoded(tile)).any()


def test_a_tile_that_the_file_leaves_out_is_white(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_jpeg_pyramid(path, 600, 300)
    set_byte_counts(path, {0: 0})

    with ViewerTiles.open(path) as tiles:
        blank = decoded(tiles.tile(0, 0, 0))

    assert blank.shape == (256, 256, 3)
    assert (blank == 255).all()


def test_tiles_of_other_codecs_come_from_deepzoom(tmp_path: Path) -> None:
    levels = write_pyramid(tmp_path / "a.tif", 1001, 603)

    with ViewerTiles.open(tmp_path / "a.tif") as tiles:
        assert not tiles.is_native
        assert tiles.levels[0] == TileLevel(1001, 603, 510, 510, 2, 2, overlap=1, is_padded=False)
        assert tiles.levels[-1].width == 1
        corner, edge = decoded(tiles.tile(0, 0, 0)), decoded(tiles.tile(0, 1, 1))

    assert corner.shape == (511, 511, 3)
    assert edge.shape == (94, 492, 3)
    assert np.abs(corner.astype(int) - levels[0][:511, :511]).mean() < 4


def test_deepzoom_can_be_asked_for(tmp_path: Path) -> None:
    write_jpeg_pyramid(tmp_path / "a.tif", 600, 300)

    with ViewerTiles.open(tmp_path / "a.tif", native=False) as tiles:
        assert not tiles.is_native


@pytest.mark.parametrize("place", [(2, 0, 0), (-1, 0, 0), (0, 3, 0), (0, 0, 2), (0, -1, 0)])
def test_a_tile_that_is_not_there_is_refused(tmp_path: Path, place: tuple[int, int, int]) -> None:
    write_jpeg_pyramid(tmp_path / "a.tif", 600, 300)

    with (
        ViewerTiles.open(tmp_path / "a.tif") as tiles,
        pytest.raises(ValueError, match=r"has no (level|tile)"),
    ):
        tiles.tile(*place)


@pytest.mark.parametrize(
    ("tables", "stream"), [(b"", b""), (b"", b"PNG"), (b"tables", b"\xff\xd8\xff\xd9")]
)
def test_what_is_no_jpeg_stream_is_refused(tables: bytes, stream: bytes) -> None:
    with pytest.raises(ValueError, match="no JPEG stream"):
        whole_jpeg(tables, stream, 1)


def test_an_implausibly_large_tile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_jpeg_pyramid(path, 600, 300)
    set_byte_counts(path, {0: 2**25})

    with (
        ViewerTiles.open(path) as tiles,
        pytest.raises(ValueError, match="a tile of 33554432 bytes is too large"),
    ):
        tiles.tile(0, 0, 0)


def test_a_damaged_file_fails_as_deepzoom_draws_it(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_pyramid(path, 600, 300)
    spoil_tile(path, page=0)

    with ViewerTiles.open(path) as tiles, pytest.raises(ValueError, match="level 0 cannot be read"):
        tiles.tile(0, 0, 0)


@pytest.mark.parametrize("sizes", [[(600, 300), (5, 5)], [(601, 300)]])
def test_levels_of_other_sizes_are_not_the_files(
    tmp_path: Path, sizes: list[tuple[int, int]]
) -> None:
    write_jpeg_pyramid(tmp_path / "a.tif", 600, 300)

    assert open_levels(tmp_path / "a.tif", sizes) is None


def test_a_stored_tile_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write_jpeg_pyramid(tmp_path / "a.tif", 600, 300)
    stored = open_levels(tmp_path / "a.tif", [(600, 300), (300, 150)])
    assert stored is not None

    with pytest.raises(ValueError, match="level 1 has no tile 2, 0"):
        stored.tile(1, 2, 0)

    stored.close()


@pytest.mark.parametrize("content", [b"no image", b"II*\0\xff\0\0\0"])
def test_what_is_no_tiff_has_no_levels(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tif").write_bytes(content)

    assert open_levels(tmp_path / "a.tif", [(600, 300)]) is None


def test_what_is_no_slide_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"no image")

    with pytest.raises(TruthError, match=r"a\.tif: OpenSlide cannot read it"):
        ViewerTiles.open(tmp_path / "a.tif")
