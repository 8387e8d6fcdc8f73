"""Keeps the tiles of an image as they come, then writes the whole pyramid."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ground_truth.slides.mir.constants import JPEG, LZW
from ground_truth.slides.mir.pixel_source import Size
from ground_truth.slides.mir.pyramid_file import (
    Description,
    Level,
    add_level,
    grid_of,
    level_sizes,
    write_file,
)
from ground_truth.slides.mir.tiles import TileForm, TileStore


class OpenImage:
    """Tiles kept beside the path that the image is to have, until `finish` writes it there.

    Attributes
    ----------
    path
        Where the image is to be.
    spacing_um
        (x, y) um per pixel; empty where it is not known.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spacing_um: tuple[float, ...] = ()
        self._base = TileStore(path.parent)
        self._form: TileForm | None = None
        self._size: Size = (0, 0)
        self._is_colour = False
        self._next = 0
        self._extremes: tuple[NDArray[Any], ...] = ()

    @property
    def is_begun(self) -> bool:
        """Whether the size is stated, so that tiles can be written."""
        return self._form is not None

    def begin(
        self,
        size: Size,
        tile: tuple[int, int, DTypeLike],
        compression: tuple[int, int],
        *,
        is_colour: bool,
    ) -> None:
        """State the (width, height) and what tiles are like; forget tiles of before.

        ``tile`` is the side in pixels, the samples a pixel and their type; ``compression`` the
        codec's number and JPEG's quality. Raises ValueError when there is no pixel.
        """
        if min(size) < 1:
            raise ValueError(f"an image of {size[0]} x {size[1]} pixels cannot be written")
        side_px, samples, dtype = tile
        self._form = TileForm(side_px, samples, np.dtype(dtype), *compression)
        self._size, self._is_colour = size, is_colour
        self._next, self._extremes = 0, ()
        columns, rows = grid_of(size, side_px)
        self._base.hold(columns * rows)

    def put_next(self, data: ArrayLike) -> None:
        """Keep the tile that follows the last one kept this way, row by row."""
        self._begun()
        if self._next >= len(self._base):
            raise ValueError(f"all {len(self._base)} tiles are written")
        self._put(self._next, data)
        self._next += 1

    def put_at(self, data: ArrayLike, place: tuple[int, int]) -> None:
        """Keep the tile in which a pixel (x, y) lies."""
        (x, y), (width, height), side_px = place, self._size, self._begun().side_px
        if not (0 <= x < width and 0 <= y < height):
            raise ValueError(f"({x}, {y}) is outside the image of {width} x {height} pixels")
        columns, _ = grid_of(self._size, side_px)
        self._put(y // side_px * columns + x // side_px, data)

    def finish(self, most_levels: int, *, is_mean: bool) -> None:
        """Write the pyramid with as many levels as `level_sizes` says.

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        form = self._begun()
        # Levels are made from pixels that were never compressed with loss but once, at the base.
        between = TileForm(form.side_px, form.samples, form.dtype, LZW, form.quality)
        kept_as = between if form.codec == JPEG else form
        sizes = level_sizes(*self._size, most_levels)
        levels = [Level(self._size, self._base, form)]
        try:
            for size in sizes[1:]:
                levels.append(Level(size, TileStore(self.path.parent), kept_as))
                add_level(levels[-2], levels[-1], is_mean=is_mean)
            write_file(self.path, levels, self._description(form))
        finally:
            for level in levels:
                level.tiles.close()

    def close(self) -> None:
        """Give the tiles up."""
        self._base.close()

    def _begun(self) -> TileForm:
        if self._form is None:
            raise ValueError("write the image information before the tiles")
        return self._form

    def _put(self, index: int, data: ArrayLike) -> None:
        form = self._begun()
        tile = _typed(data, form.dtype)
        if tile.size != np.prod(form.shape):
            expected = " x ".join(map(str, form.shape))
            raise ValueError(f"a tile of {tile.size} values is not one of {expected}")
        tile = tile.reshape(form.shape)
        self._extremes = _widened(self._extremes, tile)
        self._base.put(index, form.encoded(tile))

    def _description(self, form: TileForm) -> Description:
        is_known = not any(np.isnan(values).any() for values in self._extremes)
        extremes = self._extremes if is_known else ()
        return Description(form, self._is_colour, self.spacing_um, extremes)


def _typed(data: ArrayLike, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return data as an array of a type that holds the same values, bit for bit."""
    values = np.asarray(data)
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    is_alike = values.dtype.kind in "iu" and dtype.kind == "u"
    if is_alike and values.dtype.itemsize == dtype.itemsize:
        return np.ascontiguousarray(values).view(dtype)
    if values.dtype not in {dtype, np.dtype(np.bool_)}:
        raise TypeError(f"the image holds {dtype}, not {values.dtype}: use .astype('{dtype}')")
    return values.astype(dtype, copy=False)


def _widened(
    extremes: tuple[NDArray[Any], ...], tile: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the smallest and largest value of each sample so far; NaN only where all are."""
    values = tile.reshape(-1, tile.shape[2]).T
    smallest, largest = np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1)
    if not extremes:
        return smallest, largest
    return np.fmin(extremes[0], smallest), np.fmax(extremes[1], largest)
