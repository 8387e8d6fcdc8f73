"""Writes a pyramid of encoded tiles as a tiled BigTIFF, each level from the one before it.

The file appears whole or not at all.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ground_truth.masks import level_count, remove_abandoned
from ground_truth.slides.mir.constants import JPEG, LZW
from ground_truth.slides.mir.pixel_source import Size
from ground_truth.slides.mir.tiles import TileForm, TileStore

_UM_PER_CM = 10_000
_SMALLEST_VALUE, _LARGEST_VALUE = 340, 341
_COMPRESSION = {LZW: "lzw", JPEG: "jpeg"}


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its (width, height), its tiles, and the form that those are kept in."""

    size: Size
    tiles: TileStore
    kept_as: TileForm


def level_sizes(width: int, height: int, most: int) -> list[Size]:
    """Return the (width, height) of every level.

    Their number follows from the width as in ASAP, or is ``most`` besides level 0 where that is
    not negative; levels that would have no pixel are left out, where ASAP crashes.
    """
    count = level_count(width) if most < 0 else most + 1
    sizes = [(width >> level, height >> level) for level in range(count)]
    return [size for size in sizes if min(size)]


def grid_of(size: Size, side_px: int) -> Size:
    """Return the (columns, rows) of tiles that a level of a (width, height) takes."""
    return -(-size[0] // side_px), -(-size[1] // side_px)


def add_level(before: Level, level: Level, *, is_mean: bool) -> None:
    """Fill a level's tiles from those of the level before it.

    A pixel is the mean of four where ``is_mean``, otherwise the top left one of them. Tiles made
    of none that was written stay out.
    """
    form = level.kept_as
    grid, (columns, rows) = grid_of(before.size, form.side_px), grid_of(level.size, form.side_px)
    level.tiles.hold(columns * rows)
    half = form.side_px // 2
    for index in range(columns * rows):
        row, column = divmod(index, columns)
        quarters = _quarters(before.tiles, grid, column, row)
        if any(quarters):
            tile = np.zeros(form.shape, dtype=form.dtype)
            for place, content in enumerate(quarters):
                if content:
                    top, left = place // 2 * half, place % 2 * half
                    halved_runs = _halved(before.kept_as.decoded(content), is_mean=is_mean)
                    tile[top : top + half, left : left + half] = halved_runs
            level.tiles.put(index, form.encoded(tile))


def _quarters(source: TileStore, grid: Size, column: int, row: int) -> list[bytes]:
    """Return the bytes of the four tiles that one is made of, in raster order."""
    columns, rows = grid
    places = [(2 * row + down, 2 * column + right) for down in (0, 1) for right in (0, 1)]
    return [source.content(y * columns + x) if x < columns and y < rows else b"" for y, x in places]


def _halved(tile: NDArray[Any], *, is_mean: bool) -> NDArray[Any]:
    """Return half a tile's rows and columns; means of whole numbers are cut off as in ASAP."""
    corners = [tile[down::2, right::2] for down in (0, 1) for right in (0, 1)]
    if not is_mean:
        return corners[0]
    if np.issubdtype(tile.dtype, np.floating):
        first, second, third, fourth = (corner / np.float32(4) for corner in corners)
        return ((first + second) + third) + fourth
    return np.asarray(np.sum(corners, axis=0, dtype=np.uint64) // 4)


@dataclass(frozen=True, slots=True)
class Description:
    """What the file says of an image.

    Attributes
    ----------
    form
        How tiles are stored in the file.
    is_colour
        Whether samples are red, green, blue and perhaps opacity.
    spacing_um
        (x, y) um per level-0 pixel; empty where it is not known.
    extremes
        Smallest and largest value of each sample over whole tiles; empty where there is none.
    """

    form: TileForm
    is_colour: bool
    spacing_um: tuple[float, ...]
    extremes: tuple[NDArray[Any], ...]


def write_file(path: Path, levels: Sequence[Level], description: Description) -> None:
    """Write a pyramid, largest level first, and give it its name.

    Raises
    ------
    OSError
        When the file cannot be written; then there is none, or the one that was there before.
    """
    remove_abandoned(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with tifffile.TiffWriter(partial, bigtiff=True) as file:
            for number, level in enumerate(levels):
                _write_level(file, level, number, description)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_level(
    file: tifffile.TiffWriter, level: Level, number: int, description: Description
) -> None:
    form = description.form
    width, height = level.size
    file.write(
        _contents(level, form),
        shape=(height, width) if form.samples == 1 else (height, width, form.samples),
        dtype=form.dtype,
        tile=(form.side_px, form.side_px),
        photometric=_photometric(description),
        planarconfig=None if form.samples == 1 else "contig",
        compression=_COMPRESSION.get(form.codec),
        # What the tiles hold already; without it the file would call RGB in JPEG YCbCr.
        compressionargs={"outcolorspace": "YCbCr" if form.is_ycbcr else "RGB"},
        subsampling=(2, 2) if form.is_ycbcr else None,
        subfiletype=1 if number else 0,
        extratags=() if number else _extremes(description),
        metadata=None,
        software=False,
        **_resolution(description, number),
    )


def _contents(level: Level, form: TileForm) -> Iterator[bytes]:
    """Yield each tile as the file stores it, nothing for one that was never written."""
    is_as_kept = level.kept_as == form
    # A level of one tile has to be there: the writer takes it for a plain image.
    is_needed = len(level.tiles) == 1
    for index in range(len(level.tiles)):
        content = level.tiles.content(index)
        if is_as_kept and (content or not is_needed):
            yield content
        else:
            yield form.encoded(level.kept_as.decoded(content)) if content or is_needed else b""


def _photometric(description: Description) -> str:
    if description.form.is_ycbcr:
        return "ycbcr"
    return "rgb" if description.is_colour else "minisblack"


def _resolution(description: Description, number: int) -> dict[str, Any]:
    if not description.spacing_um:
        return {}
    x_um, y_um = (um * 2**number for um in description.spacing_um)
    return {"resolution": (_UM_PER_CM / x_um, _UM_PER_CM / y_um), "resolutionunit": "CENTIMETER"}


def _extremes(description: Description) -> list[tuple[int, str, int, Any, bool]]:
    form = description.form
    return [
        (tag, form.dtype.char, form.samples, values.tolist(), True)
        for tag, values in zip(
            (_SMALLEST_VALUE, _LARGEST_VALUE), description.extremes, strict=False
        )
    ]
