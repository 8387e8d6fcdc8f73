"""Opens slides, masks and heatmaps with the methods of ASAP's MultiResolutionImage."""

import operator
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ground_truth.slides.mir.constants import DATA_TYPES, InvalidColorType, InvalidDataType
from ground_truth.slides.mir.pixel_source import PixelSource, width_ratio

_ANY, _OWN, _OPENSLIDE = "default", "ASAP TIF", "OpenSlide Formats"
_TIFF = {".tif", ".tiff"}
_INVALID = -1
"""What ASAP answers where a number would be undefined."""


class MultiResolutionImage:
    """An open image, levels counted from the largest, 0; made by `MultiResolutionImageReader`.

    Once it is closed, numbers are -1 and sizes empty, as those of an invalid image in ASAP.
    """

    _source: PixelSource | None = None

    def __init__(self, source: PixelSource) -> None:
        self._source = source

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, which is also done when nothing refers to the image any more."""
        if self._source is not None:
            self._source.close()
        self._source = None

    def valid(self) -> bool:
        """Return whether the image is open."""
        return self._source is not None

    def getNumberOfLevels(self) -> int:
        """Return how many levels there are."""
        return _INVALID if self._source is None else len(self._source.sizes)

    def getDimensions(self) -> tuple[int, ...]:
        """Return (width, height) in level-0 pixels."""
        return self.getLevelDimensions(0)

    def getLevelDimensions(self, level: int) -> tuple[int, ...]:
        """Return (width, height) of a level in its own pixels; empty for one that is not there."""
        return self._source.sizes[level] if self._source and self._has(level) else ()

    def getLevelDownsample(self, level: int) -> float:
        """Return the ratio of widths of level 0 and a level; -1 for one that is not there.

        In single precision, as ASAP computes it: 4.004 where 1001 pixels become 250.
        """
        if self._source is None or not self._has(level):
            return float(_INVALID)
        return width_ratio(self._source.sizes, level)

    def getBestLevelForDownSample(self, downsample: float) -> int:
        """Return the level whose ratio of widths is nearest; the smaller image of two as near.

        Below 1 it is level 0, and beyond the last level's ratio the last level.
        """
        if self._source is None:
            return _INVALID
        ratios = [self._source.sizes[0][0] / width for width, _ in self._source.sizes]
        beyond = (level for level, ratio in enumerate(ratios) if level and downsample < ratio)
        level = next(beyond, len(ratios) - 1)
        if not level or downsample >= ratios[level]:
            return level
        is_before = downsample - ratios[level - 1] < ratios[level] - downsample
        return level - 1 if is_before else level

    def getSpacing(self) -> tuple[float, ...]:
        """Return (x, y) um per level-0 pixel; empty where the file does not state them."""
        return () if self._source is None else self._source.spacing_um

    def getSamplesPerPixel(self) -> int:
        """Return 3 for slides, 1 for masks and heatmaps."""
        return _INVALID if self._source is None else self._source.samples

    def getColorType(self) -> int:
        """Return one of RGB, RGBA, Monochrome, Indexed."""
        return InvalidColorType if self._source is None else self._source.colour_type

    def getDataType(self) -> int:
        """Return one of UChar, UInt16, UInt32, Float."""
        return InvalidDataType if self._source is None else DATA_TYPES[self._source.dtype]

    def getMinValue(self, channel: int = -1) -> float:  # noqa: ARG002 - as ASAP's
        """Return the smallest value that the file states of any channel, 0 where it does not."""
        return float(_INVALID) if self._source is None else self._source.extremes[0]

    def getMaxValue(self, channel: int = -1) -> float:  # noqa: ARG002 - as ASAP's
        """Return the largest value that the file states of any channel, 255 where it does not."""
        return float(_INVALID) if self._source is None else self._source.extremes[1]

    def getFileType(self) -> str:
        """Return the vendor as OpenSlide names it, or ``tif``."""
        return "" if self._source is None else self._source.file_type

    def getProperty(self, propertyName: str) -> str:
        """Return one of OpenSlide's properties of a slide, empty where it has no such."""
        return "" if self._source is None else self._source.stated(propertyName)

    def getCacheSize(self) -> int:
        """Return 0: no tiles are kept here, though OpenSlide keeps some of a slide."""
        return 0

    def setCacheSize(self, cacheSize: int) -> None:
        """Take a size, which changes nothing."""

    def getUCharPatch(
        self, startX: int, startY: int, width: int, height: int, level: int
    ) -> NDArray[np.uint8]:
        """Read pixels of a level as bytes; larger values keep their last 8 bits.

        Parameters
        ----------
        startX, startY
            Top left corner in level-0 pixels, whatever the level; may lie outside the image.
        width, height
            Size in pixels of the level.

        Returns
        -------
        (height, width, samples) uint8
            RGB for slides. Outside a slide, and where it holds no pixels, its background colour,
            white where it states none; outside masks, heatmaps and slides as ASAP writes them 0.

        Raises
        ------
        TypeError
            When an argument is no whole number.
        ValueError
            When the image is closed, a level not there, a side negative or a tile damaged.
        TruthError
            When a slide is damaged there.
        """
        return self._patch((startX, startY), (width, height), level, np.uint8)

    def getUInt16Patch(
        self, startX: int, startY: int, width: int, height: int, level: int
    ) -> NDArray[np.uint16]:
        """Read pixels as `getUCharPatch` does, as uint16."""
        return self._patch((startX, startY), (width, height), level, np.uint16)

    def getUInt32Patch(
        self, startX: int, startY: int, width: int, height: int, level: int
    ) -> NDArray[np.uint32]:
        """Read pixels as `getUCharPatch` does, as uint32."""
        return self._patch((startX, startY), (width, height), level, np.uint32)

    def getFloatPatch(
        self, startX: int, startY: int, width: int, height: int, level: int
    ) -> NDArray[np.float32]:
        """Read pixels as `getUCharPatch` does, as float32."""
        return self._patch((startX, startY), (width, height), level, np.float32)

    def read_native(
        self, place: tuple[int, int], size: tuple[int, int], level: int
    ) -> NDArray[Any]:
        """Read pixels as `getUCharPatch` does, in the image's own type."""
        return self._patch(place, size, level, None)

    def _has(self, level: int) -> bool:
        return 0 <= level < self.getNumberOfLevels()

    def _patch(
        self, place: tuple[int, int], size: tuple[int, int], level: int, dtype: DTypeLike | None
    ) -> NDArray[Any]:
        x, y, width, height, level = map(operator.index, (*place, *size, level))
        if self._source is None or not self._has(level):
            raise ValueError(f"the image has no level {level}, or is closed")
        if width < 0 or height < 0:
            raise ValueError(f"a patch of {width} x {height} pixels cannot be read")
        dtype = self._source.dtype if dtype is None else dtype
        if not width or not height:
            return np.zeros((height, width, self._source.samples), dtype=dtype)
        return _cast(self._source.region((x, y), (width, height), level), dtype)


def _cast(pixels: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return pixels as another type as C does: fractions cut off, then the last bits kept."""
    if np.issubdtype(pixels.dtype, np.floating) and not np.issubdtype(dtype, np.floating):
        with np.errstate(invalid="ignore"):
            pixels = pixels.astype(np.int64)
    return pixels.astype(dtype, copy=False)


class MultiResolutionImageReader:
    """Opens image files."""

    def open(
        self, fileName: str | PathLike[str], factoryName: str = _ANY
    ) -> MultiResolutionImage | None:
        """Open an image, or return None where it is not there or cannot be read.

        Tiled TIFFs of one sample, and those of several that ASAP reads by itself, are read sample
        for sample; everything else through OpenSlide. ``factoryName`` names one of the two, by
        ASAP's words ``ASAP TIF`` and ``OpenSlide Formats``.
        """
        source = _source(Path(fileName), factoryName)
        return None if source is None else MultiResolutionImage(source)


def _source(path: Path, factory: str) -> PixelSource | None:
    # The libraries are loaded here, so that importing the package stays cheap.
    from ground_truth.slides.mir.slide_source import open_slide
    from ground_truth.slides.mir.tiled_source import open_tiled

    if factory in {_ANY, _OWN} and path.suffix.lower() in _TIFF and (tiled := open_tiled(path)):
        return tiled
    return open_slide(path) if factory in {_ANY, _OPENSLIDE} else None
