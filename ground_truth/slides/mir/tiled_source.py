"""Reads tiled TIFF pyramids sample for sample: masks, heatmaps, and slides as ASAP writes them.

OpenSlide would give a mask three samples and cut a heatmap down to bytes. ASAP, too, has a reader
of its own for these files, which takes the nearest pixel instead of blending and gives 0 outside.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ground_truth.slides.mir.constants import RGB, RGBA, Indexed, Monochrome
from ground_truth.slides.mir.pixel_source import Size, nearest_pixel, width_ratio
from ground_truth.slides.tiff_levels import TiffLevels

_TYPES = {"uint8", "uint16", "uint32", "float32"}
_MIN_IS_BLACK, _RGB, _YCBCR = 1, 2, 6
_COLOURS = {_RGB: {3: RGB, 4: RGBA}, _YCBCR: {3: RGB}}

# None, LZW, JPEG, the older number of Deflate, JPEG 2000 of Aperio.
_CODECS_OF_ASAP = {1, 5, 7, 32946, 33005}
_NOT_OF_ASAP = ("DICOM", "xml", "XML")
"""Words in a description by which ASAP leaves a file to OpenSlide, Philips' for one."""

_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_SMALLEST_VALUE, _LARGEST_VALUE = 340, 341
_INCH, _CENTIMETRE = 2, 3
"""Values of ResolutionUnit."""

_UM_PER_UNIT = {_INCH: 25_400.0, _CENTIMETRE: 10_000.0}


class TiledSource:
    """An open pyramid; a `PixelSource`."""

    file_type = "tif"

    def __init__(self, levels: TiffLevels) -> None:
        self._levels = levels
        first = levels.pages[0]
        self.sizes = tuple(levels.size(level) for level in range(len(levels.pages)))
        self.samples = levels.samples
        self.dtype = levels.dtype.newbyteorder("=")
        self.colour_type = _colour_type(first)
        self.spacing_um = _spacing(first)
        self.extremes = _extremes(first)

    def region(self, place: tuple[int, int], size: Size, level: int) -> NDArray[Any]:
        """Read the pixels of a level from the one nearest to a place on; 0 outside.

        Raises
        ------
        ValueError
            When a tile cannot be decoded.
        """
        ratio = width_ratio(self.sizes, level)
        left, top = (nearest_pixel(position, ratio) for position in place)
        (width, height), (level_width, level_height) = size, self.sizes[level]
        first, last = max(left, 0), min(left + width, level_width)
        upper, lower = max(top, 0), min(top + height, level_height)
        region = np.zeros((height, width, self.samples), dtype=self.dtype)
        if first < last and upper < lower:
            pixels = self._levels.region(level, first, upper, (last - first, lower - upper))
            region[upper - top : lower - top, first - left : last - left] = pixels
        return region

    def stated(self, name: str) -> str:  # noqa: ARG002 - as all sources
        """Return nothing: these files have no properties."""
        return ""

    def close(self) -> None:
        """Close the file."""
        self._levels.close()


def open_tiled(path: Path) -> TiledSource | None:
    """Open a pyramid of one sample, or any that ASAP reads by itself; None for any other file."""
    try:
        file = tifffile.TiffFile(path)
    except (OSError, ValueError):
        return None
    try:
        pages = _pages_of(file)
        source = TiledSource(TiffLevels(file, pages)) if pages else None
    except Exception:  # noqa: BLE001 - a damaged directory can fail in any way; it is no pyramid
        source = None
    if source is None:
        file.close()
    return source


def _pages_of(file: tifffile.TiffFile) -> Sequence[Any]:
    """Return the levels, or nothing where they are none that can be read."""
    pages: list[Any] = list(file.pages)
    if not (pages[0].is_tiled and (pages[0].samplesperpixel == 1 or _is_of_asap(pages[0]))):
        return ()
    levels = [page for page in pages if page.is_tiled]
    widths_fall = all(one.imagewidth > other.imagewidth for one, other in pairwise(levels))
    return levels if widths_fall and all(_is_like(page, pages[0]) for page in levels) else ()


def _is_of_asap(page: Any) -> bool:
    is_other = any(word in page.description for word in _NOT_OF_ASAP)
    return not is_other and int(page.compression) in _CODECS_OF_ASAP


def _is_like(page: Any, first: Any) -> bool:
    """Return whether a page can be read, and together with the first one."""
    return bool(
        str(np.dtype(page.dtype)) in _TYPES
        and page.dtype == first.dtype
        and page.samplesperpixel == first.samplesperpixel
        and page.planarconfig == tifffile.PLANARCONFIG.CONTIG
        and page.imagedepth == 1
        and int(page.photometric) in {_MIN_IS_BLACK, *_COLOURS}
    )


def _colour_type(page: Any) -> int:
    if int(page.photometric) == _MIN_IS_BLACK:
        return Monochrome if page.samplesperpixel == 1 else Indexed
    return _COLOURS[int(page.photometric)][page.samplesperpixel]


def _spacing(page: Any) -> tuple[float, ...]:
    """Return um a pixel; nothing without a unit, where ASAP would take it for centimetres."""
    um_per_unit = _UM_PER_UNIT.get(int(page.tags.valueof(_RESOLUTION_UNIT, _INCH)))
    stated = [page.tags.valueof(tag) for tag in (_X_RESOLUTION, _Y_RESOLUTION)]
    if um_per_unit is None or not all(ratio and ratio[0] and ratio[1] for ratio in stated):
        return ()
    # In ASAP's order of operations, on numbers that it takes in single precision.
    return tuple(1 / (float(np.float32(over / under)) / um_per_unit) for over, under in stated)


def _extremes(page: Any) -> tuple[float, float]:
    smallest = page.tags.valueof(_SMALLEST_VALUE, 0)
    largest = page.tags.valueof(_LARGEST_VALUE, 255)
    return min(_numbers(smallest)), max(_numbers(largest))


def _numbers(value: Any) -> list[float]:
    """Return a tag's value, one number or several, bytes as numbers."""
    values = value if isinstance(value, (bytes, tuple)) else (value,)
    return [float(number) for number in values]
