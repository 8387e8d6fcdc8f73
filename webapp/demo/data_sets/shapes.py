"""Draws smooth closed shapes: an outline for annotations and a depth field for painting."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_WAVE_NUMBERS = np.arange(2, 7)
"""Waves round the rim; 0 would change the size and 1 would move the shape."""


@dataclass(frozen=True, slots=True)
class Blob:
    """An ellipse whose rim has a few slow waves; all lengths are level-0 pixels.

    Attributes
    ----------
    x, y : float
        Centre.
    radius_x, radius_y : float
        Half axes before the waves.
    amplitudes, phases : tuple of float
        One pair a wave; an amplitude is a share of the radius, a phase is in radians.
    """

    x: float
    y: float
    radius_x: float
    radius_y: float
    amplitudes: tuple[float, ...] = (0.0,) * len(_WAVE_NUMBERS)
    phases: tuple[float, ...] = (0.0,) * len(_WAVE_NUMBERS)


def wavy_blob(
    rng: np.random.Generator, centre: tuple[float, float], radii: tuple[float, float], swing: float
) -> Blob:
    """Draw a blob whose waves together swing by at most ``swing`` times the radius."""
    shares = rng.dirichlet(np.ones(len(_WAVE_NUMBERS)))
    phases = rng.uniform(0.0, 2.0 * np.pi, len(_WAVE_NUMBERS))
    return Blob(*centre, *radii, tuple((swing * shares).tolist()), tuple(phases.tolist()))


def outline(blob: Blob, n_vertices: int) -> Floats:
    """Return the rim as vertices, shape (n_vertices, 2), level-0 (x, y), not repeated at the end.

    Rounded to a tenth of a pixel, so that the text of an annotation file holds it exactly.
    """
    angle = np.linspace(0.0, 2.0 * np.pi, n_vertices, endpoint=False)
    relative_radius = _relative_radius(blob, angle)
    x = blob.x + blob.radius_x * relative_radius * np.cos(angle)
    y = blob.y + blob.radius_y * relative_radius * np.sin(angle)
    return np.stack([x, y], axis=1).round(1)


def depth(blob: Blob, x: Floats, y: Floats) -> Floats:
    """Return how deep each level-0 point lies inside, in pixels; negative outside.

    Exact on the rim, and off it a smooth estimate along the ray from the centre. ``x`` and ``y``
    broadcast against each other.
    """
    u, v = (x - blob.x) / blob.radius_x, (y - blob.y) / blob.radius_y
    inside = _relative_radius(blob, np.arctan2(v, u)) - np.hypot(u, v)
    return np.asarray(inside * min(blob.radius_x, blob.radius_y), dtype=np.float64)


def _relative_radius(blob: Blob, angle: Floats) -> Floats:
    total = np.ones_like(angle)
    for number, amplitude, phase in zip(_WAVE_NUMBERS, blob.amplitudes, blob.phases, strict=True):
        total += amplitude * np.cos(number * angle + phase)
    return total
