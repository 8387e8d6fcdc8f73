"""Says what an open image is read through, whichever library opens it."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Size = tuple[int, int]


class PixelSource(Protocol):
    """Pixels of an image file, levels largest first.

    Attributes
    ----------
    sizes
        (width, height) of each level in its own pixels.
    samples
        Samples a pixel.
    dtype
        Type of a sample.
    colour_type
        One of `constants`' colour types.
    spacing_um
        (x, y) um per level-0 pixel as far as the file states them; may be empty.
    extremes
        Smallest and largest value of a sample.
    file_type
        The vendor as OpenSlide names it, or ``tif``.
    """

    sizes: tuple[Size, ...]
    samples: int
    dtype: np.dtype[Any]
    colour_type: int
    spacing_um: tuple[float, ...]
    extremes: tuple[float, float]
    file_type: str

    def region(self, place: tuple[int, int], size: Size, level: int) -> NDArray[Any]:
        """Read pixels of a level.

        Parameters
        ----------
        place
            Top left corner (x, y) in level-0 pixels, whatever the level.
        size
            (width, height) in pixels of the level, at least one each.

        Returns
        -------
        (height, width, samples) of ``dtype``
        """
        ...

    def stated(self, name: str) -> str:
        """Return what the file states under a name, nothing where it does not."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def width_ratio(sizes: Sequence[Size], level: int) -> float:
    """Return how many level-0 pixels a pixel of a level is wide, in single precision as in ASAP.

    OpenSlide gives the mean of this ratio and that of the heights, in double precision.
    """
    return float(np.float32(sizes[0][0]) / np.float32(sizes[level][0]))


def nearest_pixel(position: int, downsample: float) -> int:
    """Return the pixel of a level nearest to a level-0 position, halves rounded up."""
    return math.floor(position / downsample + 0.5)
