"""A careful OpenCV tile loop, the peer of our mask writer; its pixels are not ASAP's.

Each level on its own: one fillPoly a polygon for every 512-row strip of the polygons' box (only as
wide as the polygons that meet it), tiles of zeros left out, tiles of ones shared, the others
compressed with zlib-ng; the same file writer.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ground_truth.masks.layout import Codec
from ground_truth.masks.pyramid import compressed_tile
from ground_truth.masks.tile_file import EncodedTiles, TileFile, level_sizes, new_file
from ground_truth.masks.tiles import TILE_PIXELS, TILE_PX, Grid
from ground_truth.raster.painting import Painting

_FRACTION_BITS = 4
_DEFLATE_LEVEL = 2  # zlib-ng's best trade of time and size for masks, by trial


def write_opencv_pyramid(path: Path, painting: Painting, size: tuple[int, int]) -> None:
    """Write one painting of labels 0 and 1 as a sparse pyramid."""
    cv2.setNumThreads(1)
    sizes = level_sizes(*size)
    with new_file(path, sizes) as file:
        full: list[int] = []
        for level, grid in enumerate(file.grids):
            _write_level(file, painting, level, sizes[level], full, grid)
        if full:
            ones = compressed_tile(np.ones(TILE_PIXELS, dtype=np.uint8), Codec.DEFLATE)
            file.write_shared_tile(ones, np.array(full))
        file.finish(Codec.DEFLATE, (0.243, 0.243), (0, 1))


def _write_level(
    file: TileFile,
    painting: Painting,
    level: int,
    size: tuple[int, int],
    full: list[int],
    grid: Grid,
) -> None:
    scale = 2.0 ** (_FRACTION_BITS - level)
    polygons = [np.rint(ring * scale).astype(np.int32) for ring in painting.outlines]
    values = [stroke.value for stroke in painting.strokes]
    for strip, top, left in _strips(polygons, values, size):
        first = grid.first + top // TILE_PX * grid.across + left // TILE_PX
        tiles, streams = [], []
        for index in range(strip.shape[1] // TILE_PX):
            tile = strip[:, index * TILE_PX : (index + 1) * TILE_PX]
            filled = cv2.countNonZero(tile)
            if filled == TILE_PIXELS:
                full.append(first + index)
            elif filled:
                tiles.append(first + index)
                pixels = np.ascontiguousarray(tile)
                streams.append(imagecodecs.zlibng_encode(pixels.data, _DEFLATE_LEVEL))
        if tiles:
            lengths = np.array([len(stream) for stream in streams])
            places = np.cumsum(lengths) - lengths
            file.write_tiles(EncodedTiles(b"".join(streams), np.array(tiles), places, lengths))


def _strips(
    polygons: Sequence[NDArray[np.int32]], values: Sequence[int], size: tuple[int, int]
) -> Iterator[tuple[NDArray[np.uint8], int, int]]:
    """Yield each painted strip of the polygons' box and its top left corner, whole tiles."""
    drawn = [index for index, polygon in enumerate(polygons) if len(polygon)]
    if not drawn:
        return
    lows = np.array([polygons[index].min(axis=0) for index in drawn]) >> _FRACTION_BITS
    highs = (np.array([polygons[index].max(axis=0) for index in drawn]) >> _FRACTION_BITS) + 1
    limit = np.array(size) - 1
    lows, highs = np.clip(lows, 0, limit), np.clip(highs, 0, limit)
    top = int(lows[:, 1].min()) // TILE_PX * TILE_PX
    for row in range(top, int(highs[:, 1].max()) + 1, TILE_PX):
        here = np.flatnonzero((lows[:, 1] < row + TILE_PX) & (highs[:, 1] >= row))
        if not len(here):
            continue
        left = int(lows[here, 0].min()) // TILE_PX * TILE_PX
        width = (int(highs[here, 0].max()) // TILE_PX + 1) * TILE_PX - left
        strip = np.zeros((TILE_PX, width), dtype=np.uint8)
        offset = np.array((-left << _FRACTION_BITS, -row << _FRACTION_BITS), dtype=np.int32)
        for index in (drawn[place] for place in here.tolist()):
            moved = polygons[index] + offset
            cv2.fillPoly(strip, [moved], values[index], shift=_FRACTION_BITS)
        strip[:, max(size[0] - left, 0) :] = 0
        strip[max(size[1] - row, 0) :] = 0
        yield strip, row, left
