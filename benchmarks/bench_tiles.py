"""Measures what a viewer tile costs: the file's own JPEG tiles passed through, and DeepZoom's.

Both read the same synthetic slide in turns, from a warm page cache. Decoded pixels of passed tiles
are compared with the file's. Exits with 1 where the limit is broken.

    python -m benchmarks.bench_tiles [--side 16384] [--tiles 200] [--slide SLIDE]
"""

import argparse
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile

from benchmarks.judging import Figure, judge
from benchmarks.timing import Peer, Work, against_peer
from ground_truth.slides.viewer_tiles import ViewerTiles

TILE_PX = 512
LEAST_TIMES = 300.0


def main() -> None:
    """Print the cost of each way, and fail where the promise is broken."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.slide or _made(Path(folder) / "slide.tif", arguments.side)
        _compare_pixels(path, min(arguments.tiles, 50))
        judge([_passed_against_drawn(path, arguments.tiles)])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--side", type=int, default=16_384, help="of the slide that is made")
    parser.add_argument("--tiles", type=int, default=200, help="random tiles of DeepZoom")
    parser.add_argument("--slide", type=Path, help="a slide to read instead")
    return parser.parse_args()


def _made(path: Path, side: int) -> Path:
    """Write three levels of noise on smooth waves: it compresses about as tissue does."""
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for level in range(3):
            file.write(
                _tiles(side >> level, level),
                shape=(side >> level, side >> level, 3),
                dtype=np.uint8,
                tile=(TILE_PX, TILE_PX),
                photometric="ycbcr",
                subsampling=(2, 2),
                compression="jpeg",
                subfiletype=1 if level else 0,
                metadata=None,
            )
    return path


def _tiles(side: int, level: int) -> Iterator[bytes]:
    generator = np.random.default_rng(level)
    y, x = np.mgrid[0:TILE_PX, 0:TILE_PX]
    waves = 150 + 60 * np.sin(x / 9) * np.cos(y / 13)
    pictures = []
    for _ in range(16):
        noise = generator.normal(0, 12, (TILE_PX, TILE_PX, 3))
        pixels = np.clip(waves[:, :, None] + noise, 0, 255).astype(np.uint8)
        pictures.append(bytes(imagecodecs.jpeg8_encode(pixels, level=80, subsampling="420")))
    count = -(-side // TILE_PX)
    for index in range(count * count):
        yield pictures[index % len(pictures)]


def _compare_pixels(path: Path, count: int) -> None:
    with ViewerTiles.open(path) as tiles, tifffile.TiffFile(path) as file:
        assert tiles.is_native, "the slide has no JPEG tiles of its own"
        for level, column, row in _places(tiles, count):
            page = file.pages[level]
            index = row * tiles.levels[level].columns + column
            file.filehandle.seek(page.dataoffsets[index])
            content = file.filehandle.read(page.databytecounts[index])
            stored, _, shape = page.decode(content, index, jpegtables=page.jpegtables)
            passed = imagecodecs.jpeg8_decode(tiles.tile(level, column, row))
            np.testing.assert_array_equal(passed[: shape[1], : shape[2]], stored[0])


def _passed_against_drawn(path: Path, count: int) -> Figure:
    with (
        ViewerTiles.open(path, native=True) as passed,
        ViewerTiles.open(path, native=False) as drawn,
    ):
        drawing = Peer(_reading(drawn, count))
        what = f"{count} tiles passed through, against DeepZoom 510/1"
        return against_peer(what, _reading(passed, count), drawing, LEAST_TIMES)


def _reading(tiles: ViewerTiles, count: int) -> Work:
    places = list(_places(tiles, count))

    def read() -> None:
        for place in places:
            tiles.tile(*place)

    return read


def _places(tiles: ViewerTiles, count: int) -> Iterator[tuple[int, int, int]]:
    """Yield random tiles of the three largest levels, the same in every run."""
    choose = random.Random(1)  # noqa: S311 - a benchmark
    for _ in range(count):
        level = choose.randrange(3)
        grid = tiles.levels[level]
        yield level, choose.randrange(grid.columns), choose.randrange(grid.rows)


if __name__ == "__main__":
    main()
