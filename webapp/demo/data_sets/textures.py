"""Draws seamless textures of stained tissue for every level of a pyramid."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from webapp.demo.data_sets.stains import STAINS, WHITE, Stain

Pixels = NDArray[np.uint8]
PackedPixels = NDArray[np.uint32]

PERIOD_PX = 1024
"""Textures repeat after this many level-0 pixels in both directions."""

_RIM_HEIGHT = 0.43
_RADIUS_IN_SIGMAS = 1.3
"""A Gaussian spot falls to 0.43 of its peak at 1.3 sigma; that height is a nucleus's rim."""


def make_textures(
    rng: np.random.Generator, n_levels: int, smallest_px: int
) -> tuple[tuple[PackedPixels, ...], ...]:
    """Draw one seamless picture a compartment and level, as ``textures[level][compartment]``.

    Pictures have shape (side, side), uint32, each pixel packed as the bytes R, G, B and 0, so that
    compartments can be mixed pixel by pixel in one pass. Each level is half as wide as the one
    before, repeated where that would be less than ``smallest_px``.
    """
    glass = np.full((PERIOD_PX, PERIOD_PX, 3), WHITE, dtype=np.uint8)
    pictures = [glass, *(_draw(rng, stain) for stain in STAINS)]
    levels = []
    for _ in range(n_levels):
        levels.append(tuple(_pack(picture, smallest_px) for picture in pictures))
        pictures = [_halve(picture) for picture in pictures]
    return tuple(levels)


def channels(picture: PackedPixels) -> Pixels:
    """Return the bytes R, G, B and 0 of each packed pixel, shape (rows, columns, 4)."""
    return np.ascontiguousarray(picture).view(np.uint8).reshape(*picture.shape, 4)


def _draw(rng: np.random.Generator, stain: Stain) -> Pixels:
    """Draw nuclei on a jittered grid over a faintly mottled ground.

    Drawn at half the size: nothing in a section is finer than two level-0 pixels.
    """
    side = PERIOD_PX // 2
    nuclei = np.zeros((side, side), dtype=np.float32)
    mottle = rng.standard_normal((side, side), dtype=np.float32)
    mottle = ndimage.gaussian_filter(mottle, 4.0, mode="wrap", truncate=2.0)
    rows, columns = _jittered_grid(rng, side, stain.nucleus_distance_px / 2.0)
    nuclei[rows, columns] = rng.uniform(0.7, 1.3, rows.size)
    sigma = stain.nucleus_radius_px / 2.0 / _RADIUS_IN_SIGMAS
    spots = ndimage.gaussian_filter(nuclei, sigma, mode="wrap", truncate=3.0)
    height = spots * (2.0 * np.pi * sigma**2)  # a lone nucleus peaks at about 1
    cover = np.clip((height - _RIM_HEIGHT) * 6.0 + 0.5, 0.0, 1.0)[..., None]
    ground = np.asarray(stain.ground, np.float32) + 70.0 * mottle[..., None]
    nucleus = np.asarray(stain.nucleus, np.float32) + 90.0 * mottle[..., None]
    blended = np.clip(ground + cover * (nucleus - ground), 0.0, 255.0).astype(np.uint8)
    return np.repeat(np.repeat(blended, 2, axis=0), 2, axis=1)


def _jittered_grid(
    rng: np.random.Generator, side: int, distance: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    count = round(side / distance)
    places = (np.arange(count) + 0.5) * side / count
    shape = (2, count, count)
    shift = rng.uniform(-0.33, 0.33, shape) * side / count
    rows = (places[:, None] + shift[0]).astype(np.int64) % side
    columns = (places[None, :] + shift[1]).astype(np.int64) % side
    return rows.ravel(), columns.ravel()


def _halve(picture: Pixels) -> Pixels:
    wide = picture.astype(np.uint16)
    total = wide[::2, ::2] + wide[1::2, ::2] + wide[::2, 1::2] + wide[1::2, 1::2]
    return (total >> 2).astype(np.uint8)


def _pack(picture: Pixels, smallest_px: int) -> PackedPixels:
    padded = np.zeros((*picture.shape[:2], 4), dtype=np.uint8)
    padded[..., :3] = picture
    packed = padded.view(np.uint32)[..., 0]
    repeats = max(1, smallest_px // len(packed))
    return np.tile(packed, (repeats, repeats))
