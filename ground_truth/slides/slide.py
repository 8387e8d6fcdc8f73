"""Opens slide images with OpenSlide: size, spacing and patches at level-0 (x, y)."""

import math
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import openslide
from numpy.typing import NDArray

from ground_truth.errors import TruthError
from ground_truth.names import stem_of
from ground_truth.reference import SlideSize, checked_spacing
from ground_truth.slides.tiff_levels import TiffLevels, open_levels
from ground_truth.types import Dimensions

PATCH_LIMIT_PX = 2**28
"""Pixels of one patch: 16,384 x 16,384, 768 MiB."""

_COORDINATE_LIMIT_PX = 2**40

Patch = NDArray[np.uint8]
Colour = tuple[int, int, int]


class Slide:
    """An open slide image; a context manager.

    Level-0 coordinates are (x, y), x right and y down, from the top left corner.
    """

    def __init__(self, name: str, handle: Any, tiles: TiffLevels | None) -> None:
        self._name = name
        self._handle = handle  # openslide-python has no types
        self._tiles = tiles

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Self:
        """Open a slide of any format that OpenSlide knows.

        Raises
        ------
        TruthError
            When OpenSlide cannot open the file.
        """
        path = Path(path)
        handle = _opened(path)
        is_aligned = all(
            _downsample(handle, level) == handle.level_downsamples[level]
            for level in range(handle.level_count)
        )
        # Where a side is no multiple of the downsample, OpenSlide would blend neighbouring pixels.
        tiles = None if is_aligned else open_levels(path, handle.level_dimensions)
        return cls(path.name, handle, tiles)

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
        self._handle.close()
        if self._tiles is not None:
            self._tiles.close()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in level-0 pixels."""
        width, height = self._handle.dimensions
        return int(width), int(height)

    @property
    def spacing_um(self) -> float | None:
        """Micrometres per level-0 pixel; None where the file does not say."""
        text = self._handle.properties.get(openslide.PROPERTY_NAME_MPP_X)
        return None if text is None else float(text)

    @property
    def level_count(self) -> int:
        """Number of levels, the full resolution included."""
        return int(self._handle.level_count)

    def stated(self, name: str) -> str | None:
        """Return what the file states under one of OpenSlide's property names."""
        text = self._handle.properties.get(name)
        return None if text is None else str(text)

    def level_size(self, level: int) -> tuple[int, int]:
        """(width, height) of a level in its own pixels; ValueError for one that is not there."""
        self._check_level(level)
        width, height = self._handle.level_dimensions[level]
        return int(width), int(height)

    def level_downsample(self, level: int) -> float:
        """Return how many level-0 pixels a pixel of a level is wide.

        A whole number wherever the slide's size divided by it, rounded up or down, is the level's
        size; otherwise OpenSlide's value. Raises ValueError for a level that is not there.
        """
        self._check_level(level)
        return _downsample(self._handle, level)

    def read_patch(self, x: int, y: int, width: int, height: int, level: int) -> Patch:
        """Read pixels of a level.

        Parameters
        ----------
        x, y
            Top left corner in level-0 pixels, whatever the level; may lie outside the slide. The
            pixel of the level is x / downsample, rounded half up.
        width, height
            Size in pixels of the level.

        Returns
        -------
        (height, width, 3) uint8
            RGB; zeros outside the slide and where the file holds no pixels.

        Raises
        ------
        ValueError
            When the level is not there, or the patch is empty or larger than `PATCH_LIMIT_PX`.
        TruthError
            When the file is damaged there.
        """
        self._check_level(level)
        if width < 1 or height < 1 or width * height > PATCH_LIMIT_PX:
            raise ValueError(f"a patch of {width} x {height} pixels cannot be read")
        if max(abs(x), abs(y)) > _COORDINATE_LIMIT_PX:
            raise ValueError(f"({x}, {y}) is no place on a slide")
        downsample = _downsample(self._handle, level)
        left, top = math.floor(x / downsample + 0.5), math.floor(y / downsample + 0.5)
        level_width, level_height = self._handle.level_dimensions[level]
        first, last = max(left, 0), min(left + width, level_width)
        upper, lower = max(top, 0), min(top + height, level_height)
        patch = np.zeros((height, width, 3), dtype=np.uint8)
        if first < last and upper < lower:
            pixels = self._pixels(level, first, upper, (last - first, lower - upper))
            patch[upper - top : lower - top, first - left : last - left] = pixels
        return patch

    def read_region(
        self, place: tuple[int, int], size: tuple[int, int], level: int, background: Colour
    ) -> Patch:
        """Read pixels of a level from where OpenSlide puts a place, between pixels if need be.

        `read_patch` gives the pixels of the file; this gives OpenSlide's, blended from their
        neighbours where the place is no whole pixel of the level.

        Parameters
        ----------
        place
            Top left corner (x, y) in level-0 pixels, whatever the level; may lie outside the slide.
        size
            (width, height) in pixels of the level, at least one each.
        background
            RGB of what is outside the slide, and of where the file holds no pixels.

        Returns
        -------
        (height, width, 3) uint8
            RGB; takes seven bytes a pixel while it is read.

        Raises
        ------
        ValueError
            When the level is not there.
        TruthError
            When the file is damaged there.
        """
        self._check_level(level)
        try:
            shown = np.asarray(self._handle.read_region(place, level, size))
        except (OSError, ValueError, openslide.OpenSlideError) as error:
            raise TruthError.single(self._name, f"level {level} cannot be read: {error}") from error
        patch = shown[:, :, :3].copy()
        patch[shown[:, :, 3] == 0] = background
        return patch

    def _check_level(self, level: int) -> None:
        if not 0 <= level < self.level_count:
            raise ValueError(f"the slide has no level {level}, only 0 to {self.level_count - 1}")

    def _pixels(self, level: int, left: int, top: int, size: tuple[int, int]) -> Patch:
        """Read a region that lies within a level, in the level's own pixels."""
        stated = self._handle.level_downsamples[level]
        try:
            if self._tiles is not None and level:
                return self._tiles.region(level, left, top, size)
            location = math.floor(left * stated + 0.5), math.floor(top * stated + 0.5)
            return np.asarray(self._handle.read_region(location, level, size))[:, :, :3]
        except (OSError, ValueError, openslide.OpenSlideError) as error:
            raise TruthError.single(self._name, f"level {level} cannot be read: {error}") from error


def measure_slide(path: Path) -> SlideSize:
    """Return the size in level-0 pixels and the spacing in um of a slide image.

    Raises
    ------
    TruthError
        When OpenSlide cannot open the file, or it does not state its spacing.
    """
    with Slide.open(path) as slide:
        (width, height), spacing_um = slide.size, slide.spacing_um
    if spacing_um is None:
        raise TruthError.single(path.name, "does not state its spacing; list it in slides.csv")
    try:
        spacing_um = checked_spacing(spacing_um)
    except ValueError as error:
        raise TruthError.single(path.name, str(error)) from error
    return SlideSize(stem_of(path.name), width, height, spacing_um, Dimensions.MEASURED)


def _opened(path: Path) -> Any:
    try:
        return openslide.OpenSlide(path)
    except (OSError, openslide.OpenSlideError) as error:
        raise TruthError.single(path.name, f"OpenSlide cannot read it: {error}") from error


def _downsample(handle: Any, level: int) -> float:
    stated = float(handle.level_downsamples[level])
    whole = round(stated)
    is_whole = all(
        side in {base // whole, -(-base // whole)}
        for side, base in zip(handle.level_dimensions[level], handle.dimensions, strict=True)
    )
    return float(whole) if is_whole else stated
