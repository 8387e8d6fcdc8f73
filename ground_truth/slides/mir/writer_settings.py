"""Holds the settings of ASAP's writer, and its progress monitors."""

import math
import operator
from collections.abc import Sequence

from ground_truth.slides.mir.constants import (
    JPEG,
    LZW,
    PIXEL_TYPES,
    RAW,
    RGB,
    RGBA,
    Indexed,
    InvalidColorType,
    InvalidDataType,
    Linear,
    Monochrome,
    UChar,
)

_TILE_STEP_PX = 16
"""TIFF allows no other sides of tiles than its multiples."""

_LARGEST_QUALITY = 100
_AXES = 2
_JPEG_SAMPLES = {1, 3}


class ProgressMonitor:
    """Keeps a status and a count; nothing here reports to it."""

    def __init__(self) -> None:
        self._status = ""
        self._progress = 0
        self._maximum = 100

    def status(self) -> str:
        """Return what is being done."""
        return self._status

    def setStatus(self, status: str) -> None:
        """Say what is being done."""
        self._status = status

    def progress(self) -> int:
        """Return how much is done."""
        return self._progress

    def setProgress(self, progress: int) -> None:
        """Say how much is done."""
        self._progress = progress

    def maximumProgress(self) -> int:
        """Return how much there is to do."""
        return self._maximum

    def setMaximumProgress(self, maxProgress: int) -> None:
        """Say how much there is to do."""
        self._maximum = maxProgress


class CmdLineProgressMonitor(ProgressMonitor):
    """The monitor for the command line, which shows nothing here."""


class WriterSettings:
    """Settings, each with ASAP's value at first."""

    def __init__(self) -> None:
        self._compression = LZW
        self._interpolation = Linear
        self._color_type = InvalidColorType
        self._data_type = InvalidDataType
        self._indexed_colors = 0
        self._tile_size = 512
        self._quality = 30.0
        self._most_levels = -1
        self._override_spacing: tuple[float, ...] = ()

    def setProgressMonitor(self, monitor: ProgressMonitor | None) -> None:
        """Take a monitor, which is not told anything."""

    def getCompression(self) -> int:
        """Return one of RAW, JPEG, LZW."""
        return self._compression

    def setCompression(self, codec: int) -> None:
        """Set one of RAW, JPEG, LZW; at first it is LZW."""
        self._compression = operator.index(codec)

    def getInterpolation(self) -> int:
        """Return one of NearestNeighbor, Linear."""
        return self._interpolation

    def setInterpolation(self, interpolation: int) -> None:
        """Set NearestNeighbor, for labels, or Linear; at first it is Linear."""
        self._interpolation = operator.index(interpolation)

    def getDataType(self) -> int:
        """Return one of UChar, UInt16, UInt32, Float."""
        return self._data_type

    def setDataType(self, dType: int) -> None:
        """Set one of UChar, UInt16, UInt32, Float."""
        self._data_type = operator.index(dType)

    def getColorType(self) -> int:
        """Return one of Monochrome, RGB, RGBA, Indexed."""
        return self._color_type

    def setColorType(self, cType: int) -> None:
        """Set one of Monochrome, RGB, RGBA, Indexed."""
        self._color_type = operator.index(cType)

    def getNumberOfIndexedColors(self) -> int:
        """Return the samples a pixel of an Indexed image."""
        return self._indexed_colors

    def setNumberOfIndexedColors(self, numberOfIndexedColors: int) -> None:
        """Set the samples a pixel of an Indexed image."""
        self._indexed_colors = operator.index(numberOfIndexedColors)

    def getTileSize(self) -> int:
        """Return the side of a tile in pixels."""
        return self._tile_size

    def setTileSize(self, tileSize: int) -> None:
        """Set the side of a tile in pixels, a multiple of 16; at first it is 512."""
        self._tile_size = operator.index(tileSize)

    def getJPEGQuality(self) -> float:
        """Return the quality of JPEG tiles."""
        return self._quality

    def setJPEGQuality(self, quality: float) -> int:
        """Set the quality of JPEG tiles, above 0 and up to 100: 0, or -1 where it is not."""
        if not 0 < quality <= _LARGEST_QUALITY:
            return -1
        self._quality = float(quality)
        return 0

    def getMaxNumberOfPyramidLevels(self) -> int:
        """Return how many levels there are besides the base, -1 for as many as ASAP makes."""
        return self._most_levels

    def setMaxNumberOfPyramidLevels(self, maxNrPyramidLevels: int) -> None:
        """Set how many levels there are besides the base, -1 for as many as ASAP makes."""
        self._most_levels = operator.index(maxNrPyramidLevels)

    def getOverrideSpacing(self) -> tuple[float, ...]:
        """Return the spacing that `writeImageToFile` states instead of the image's own."""
        return self._override_spacing

    def setOverrideSpacing(self, spacing: Sequence[float]) -> None:
        """Set the spacing that `writeImageToFile` states instead of the image's own."""
        self._override_spacing = checked_spacing(spacing)

    def _samples(self) -> int:
        """Return the samples a pixel; 0 without a colour type, or Indexed without a number."""
        indexed = {Indexed: self._indexed_colors}
        return {Monochrome: 1, RGB: 3, RGBA: 4}.get(
            self._color_type, indexed.get(self._color_type, 0)
        )

    def _check(self) -> None:
        """Refuse settings that no file can have, which ASAP writes into a broken one."""
        if self._data_type not in PIXEL_TYPES or self._samples() < 1:
            raise ValueError("set the data type and the colour type before the size")
        if self._tile_size < 1 or self._tile_size % _TILE_STEP_PX:
            raise ValueError(f"a tile of {self._tile_size} pixels is no multiple of 16")
        if self._compression not in {RAW, JPEG, LZW}:
            raise ValueError("only RAW, LZW and JPEG are written, not JPEG 2000")
        is_for_jpeg = self._data_type == UChar and self._samples() in _JPEG_SAMPLES
        if self._compression == JPEG and not is_for_jpeg:
            raise ValueError("JPEG takes bytes of one sample or three")


def checked_spacing(spacing: Sequence[float]) -> tuple[float, ...]:
    """Return a spacing, (x, y) um a pixel or empty.

    Raises
    ------
    ValueError
        When it is neither empty nor two numbers above 0.
    """
    numbers = tuple(map(float, spacing))
    if numbers and (len(numbers) != _AXES or not all(0 < um < math.inf for um in numbers)):
        raise ValueError(f"{numbers} is no spacing (x, y) in um")
    return numbers
