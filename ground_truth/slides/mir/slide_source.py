"""Reads slides through OpenSlide, with what ASAP shows where a slide has no pixels."""

from pathlib import Path
from typing import Any

import numpy as np
import openslide
import tifffile
from numpy.typing import NDArray

from ground_truth.errors import TruthError
from ground_truth.slides.mir.constants import RGB
from ground_truth.slides.mir.pixel_source import Size
from ground_truth.slides.slide import Colour, Slide

_WHITE = "FFFFFF"
_PLAIN_TIFF = "generic-tiff"


class SlideSource:
    """An open slide: three samples of 8 bits; a `PixelSource`."""

    samples = 3
    dtype: np.dtype[Any] = np.dtype(np.uint8)
    colour_type = RGB
    extremes = (0.0, 255.0)

    def __init__(self, slide: Slide) -> None:
        self._slide = slide
        self._background = _colour(slide.stated(openslide.PROPERTY_NAME_BACKGROUND_COLOR) or _WHITE)
        self.sizes = tuple(slide.level_size(level) for level in range(slide.level_count))
        self.spacing_um = _spacing(slide)
        self.file_type = self.stated(openslide.PROPERTY_NAME_VENDOR)

    def region(self, place: tuple[int, int], size: Size, level: int) -> NDArray[Any]:
        """Read RGB of a level exactly as OpenSlide does; the background where it has none.

        Raises
        ------
        TruthError
            When the file is damaged there.
        """
        return self._slide.read_region(place, size, level, self._background)

    def stated(self, name: str) -> str:
        """Return one of OpenSlide's properties, nothing where the file has no such."""
        return self._slide.stated(name) or ""

    def close(self) -> None:
        """Close the file."""
        self._slide.close()


def open_slide(path: Path) -> SlideSource | None:
    """Open what OpenSlide knows, unless it would show other values than the file holds."""
    try:
        slide = Slide.open(path)
    except TruthError:
        return None
    if slide.stated(openslide.PROPERTY_NAME_VENDOR) == _PLAIN_TIFF and not _has_bytes(path):
        slide.close()
        return None
    return SlideSource(slide)


def _colour(hexadecimal: str) -> Colour:
    red, green, blue = bytes.fromhex(hexadecimal)
    return red, green, blue


def _spacing(slide: Slide) -> tuple[float, ...]:
    """Return um a pixel in single precision, in which ASAP keeps them."""
    texts = (
        slide.stated(name)
        for name in (openslide.PROPERTY_NAME_MPP_X, openslide.PROPERTY_NAME_MPP_Y)
    )
    return tuple(float(np.float32(text)) for text in texts if text is not None)


def _has_bytes(path: Path) -> bool:
    """Return whether a TIFF's samples are bytes; OpenSlide cuts others down without a word."""
    with tifffile.TiffFile(path) as file:
        return all(page.dtype == np.uint8 for page in file.pages)
