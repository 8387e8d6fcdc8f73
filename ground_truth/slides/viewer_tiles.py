"""Makes tiles for the viewer: the file's own JPEG tiles if it has any, else DeepZoom tiles.

A tile of a TIFF is an abbreviated JPEG stream: its tables are stored once per level, and only the
TIFF says whether its components are RGB or YCbCr. Both are put in front of the stream, whose coded
pixels do not change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import imagecodecs
import numpy as np
import openslide
import tifffile
from openslide.deepzoom import DeepZoomGenerator

from ground_truth.errors import TruthError
from ground_truth.slides.tiff_levels import Pixels, Size, TiffLevels, open_levels

MEDIA_TYPE = "image/jpeg"

DEEPZOOM_TILE_PX = 510
DEEPZOOM_OVERLAP_PX = 1
_QUALITY = 75

_START = b"\xff\xd8"
_SCAN, _APP0, _APP14 = 0xDA, 0xE0, 0xEE
_TRANSFORMS = {tifffile.PHOTOMETRIC.RGB: 0, tifffile.PHOTOMETRIC.YCBCR: 1}
"""What Adobe's APP14 marker says: 0 for RGB as it is, 1 for YCbCr."""


@dataclass(frozen=True, slots=True)
class TileLevel:
    """One level's grid, in the level's own pixels.

    Tiles are ``tile_width`` x ``tile_height`` apart; each reaches ``overlap`` pixels into its
    neighbours. Where ``is_padded``, those at the right and lower edge are as large as the others.
    """

    width: int
    height: int
    tile_width: int
    tile_height: int
    columns: int
    rows: int
    overlap: int
    is_padded: bool


class ViewerTiles:
    """A slide's tiles as JPEG files; a context manager.

    Attributes
    ----------
    levels : tuple of TileLevel
        Full resolution first.
    is_native : bool
        True where tiles are the file's own, passed through without being decoded.
    """

    def __init__(
        self,
        levels: tuple[TileLevel, ...],
        read: Callable[[int, int, int], bytes],
        close: Callable[[], None],
        *,
        is_native: bool,
    ) -> None:
        self.levels = levels
        self.is_native = is_native
        self._read = read
        self._close = close

    @classmethod
    def open(cls, path: Path, *, native: bool = True) -> Self:
        """Open a slide of any format that OpenSlide knows; without ``native``, for DeepZoom.

        Raises
        ------
        TruthError
            When OpenSlide cannot open the file.
        """
        try:
            handle = openslide.OpenSlide(path)
        except (OSError, openslide.OpenSlideError) as error:
            raise TruthError.single(path.name, f"OpenSlide cannot read it: {error}") from error
        stored = open_levels(path, handle.level_dimensions) if native else None
        if stored is None or not all(_has_jpeg_tiles(page) for page in stored.pages):
            if stored is not None:
                stored.close()
            generator = DeepZoomGenerator(handle, DEEPZOOM_TILE_PX, DEEPZOOM_OVERLAP_PX)
            read = partial(_drawn_tile, generator)
            return cls(_drawn_levels(generator), read, handle.close, is_native=False)
        handle.close()
        return cls(
            _stored_levels(stored), _stored_tile_reader(stored), stored.close, is_native=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._close()

    def tile(self, level: int, column: int, row: int) -> bytes:
        """Return a whole JPEG file; white where the slide's file leaves the tile out.

        Raises
        ------
        ValueError
            When there is no such tile, or its bytes are not what the file says.
        OSError
            When the file cannot be read.
        """
        if not 0 <= level < len(self.levels):
            raise ValueError(f"the slide has no level {level}")
        grid = self.levels[level]
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise ValueError(f"level {level} has no tile {column}, {row}")
        return self._read(level, column, row)


def whole_jpeg(tables: bytes, stream: bytes, transform: int) -> bytes:
    """Return a JPEG file from tables, an abbreviated stream and a colour transform.

    Parameters
    ----------
    tables
        The TIFF's JPEGTables: a stream of tables alone; may be empty.
    transform
        0 for components that are RGB, 1 for YCbCr; the stream's own markers of it are dropped.

    Raises
    ------
    ValueError
        When either is no JPEG stream.
    """
    return b"".join((_header(tables, transform), _without_colour_markers(stream)))


def _has_jpeg_tiles(page: Any) -> bool:
    is_jpeg = page.compression == tifffile.COMPRESSION.JPEG
    return is_jpeg and page.photometric in _TRANSFORMS


def _stored_levels(stored: TiffLevels) -> tuple[TileLevel, ...]:
    return tuple(
        _grid_of(
            stored.size(level),
            stored.tile_size(level),
            stored.grid(level),
            overlap=0,
            is_padded=True,
        )
        for level in range(len(stored.pages))
    )


def _grid_of(
    size: Size, tile_size: Size, grid: Size, *, overlap: int, is_padded: bool
) -> TileLevel:
    return TileLevel(
        width=size[0],
        height=size[1],
        tile_width=tile_size[0],
        tile_height=tile_size[1],
        columns=grid[0],
        rows=grid[1],
        overlap=overlap,
        is_padded=is_padded,
    )


def _stored_tile_reader(stored: TiffLevels) -> Callable[[int, int, int], bytes]:
    """Return a function that reads stored tiles; headers are made once a level."""
    headers = [
        _header(page.jpegtables or b"", _TRANSFORMS[page.photometric]) for page in stored.pages
    ]
    blanks = [_blank(*stored.tile_size(level)) for level in range(len(stored.pages))]

    def read(level: int, column: int, row: int) -> bytes:
        stream = stored.tile_bytes(level, column, row)
        if not stream:
            return blanks[level]
        return b"".join((headers[level], _without_colour_markers(stream)))

    return read


def _header(tables: bytes, transform: int) -> bytes:
    """Return start of image, colour marker and tables."""
    adobe = b"Adobe" + bytes((0, 100, 0, 0, 0, 0, transform))
    marker = bytes((0xFF, _APP14)) + (len(adobe) + 2).to_bytes(2, "big") + adobe
    if not tables:
        return _START + marker
    if not (tables.startswith(_START) and tables.endswith(b"\xff\xd9")):
        raise ValueError("the JPEG tables are no JPEG stream")
    return _START + marker + tables[2:-2]


def _without_colour_markers(stream: bytes) -> bytes:
    """Return a stream without its start marker and without APP0 and APP14 before its scan."""
    if not stream.startswith(_START):
        raise ValueError("the tile is no JPEG stream")
    kept = []
    place = 2
    while place + 4 <= len(stream) and stream[place] == 0xFF and stream[place + 1] != _SCAN:  # noqa: PLR2004 - 0xFF begins a marker
        code = stream[place + 1]
        end = place + 2 + int.from_bytes(stream[place + 2 : place + 4], "big")
        if code not in {_APP0, _APP14}:
            kept.append(stream[place:end])
        place = end
    return b"".join((*kept, stream[place:]))


def _blank(width: int, height: int) -> bytes:
    return _encoded(np.full((height, width, 3), 255, dtype=np.uint8))


def _encoded(pixels: Pixels) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(pixels, level=_QUALITY, subsampling="420"))


def _drawn_levels(generator: Any) -> tuple[TileLevel, ...]:
    """Return DeepZoom's levels, which it counts from the smallest, in our order."""
    tile = DEEPZOOM_TILE_PX, DEEPZOOM_TILE_PX
    smallest_first = zip(generator.level_dimensions, generator.level_tiles, strict=True)
    return tuple(
        _grid_of(size, tile, grid, overlap=DEEPZOOM_OVERLAP_PX, is_padded=False)
        for size, grid in reversed(list(smallest_first))
    )


def _drawn_tile(generator: Any, level: int, column: int, row: int) -> bytes:
    own_level = generator.level_count - 1 - level
    try:
        return _encoded(np.asarray(generator.get_tile(own_level, (column, row)).convert("RGB")))
    except openslide.OpenSlideError as error:
        raise ValueError(f"level {level} cannot be read: {error}") from error
