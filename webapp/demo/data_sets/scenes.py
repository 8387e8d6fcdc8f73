"""Draws where tissue, follicles, lesions and cut-outs lie on each synthetic slide."""

from dataclasses import dataclass

import numpy as np

from webapp.demo.data_sets.shapes import Blob, depth, wavy_blob

SPACING_UM = 0.243
"""Micrometres per level-0 pixel of most CAMELYON16 slides."""

OTHER_SPACING_UM = 0.226
"""Micrometres per level-0 pixel of the challenge's second scanner; one slide has it."""

LESION_GAP_UM = 200.0
"""Free space round a lesion: more than twice the 37.5 um by which the truth grows regions."""

_MACRO_UM, _MICRO_UM, _ITC_UM = (2100.0, 2250.0), (260.0, 500.0), (60.0, 120.0)
"""Largest diameters: macro above 2 mm, micro above 0.2 mm, ITC-sized below that even when grown."""

_MAX_TRIES = 200

_SIZES_PX = {"macro": (12_800, 11_264), "micro": (7_168, 6_400), "none": (4_608, 4_096)}


@dataclass(frozen=True, slots=True)
class Lesion:
    """One annotated outline; a cut-out carries the group that removes it again."""

    group: str
    blob: Blob


@dataclass(frozen=True, slots=True)
class Scene:
    """One slide; sizes are level-0 pixels, ``category`` is macro, micro or none."""

    slide: str
    width: int
    height: int
    spacing_um: float
    category: str
    tissue: tuple[Blob, ...]
    follicles: tuple[Blob, ...]
    lesions: tuple[Lesion, ...]
    cut_outs: tuple[Lesion, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    category: str
    n_micro: int = 0
    n_itc_sized: int = 0
    spacing_um: float = SPACING_UM


_PLANS = (
    _Plan("macro", n_micro=3, n_itc_sized=2),
    _Plan("none"),
    _Plan("micro", n_micro=3, n_itc_sized=1),
    _Plan("micro", n_micro=2, n_itc_sized=2, spacing_um=OTHER_SPACING_UM),
    _Plan("none"),
    _Plan("macro", n_micro=2, n_itc_sized=1),
    _Plan("none"),
    _Plan("micro", n_micro=4),
    _Plan("none"),
    _Plan("micro", n_micro=3, n_itc_sized=3),
    _Plan("none"),
    _Plan("none"),
)


def draw_scenes(seed: int) -> tuple[Scene, ...]:
    """Draw all slides; equal seeds give equal scenes."""
    return tuple(
        _draw_scene(np.random.default_rng([seed, number]), f"test_{number:03d}", plan)
        for number, plan in enumerate(_PLANS, start=1)
    )


def _draw_scene(rng: np.random.Generator, slide: str, plan: _Plan) -> Scene:
    width, height = _SIZES_PX[plan.category]
    node = wavy_blob(rng, (width * 0.5, height * 0.5), (width * 0.4, height * 0.39), swing=0.1)
    lesions = _place_lesions(rng, plan, node)
    return Scene(
        slide=slide,
        width=width,
        height=height,
        spacing_um=plan.spacing_um,
        category=plan.category,
        tissue=(node, *_corner_pieces(rng, width, height)),
        follicles=_place_follicles(rng, node, round((width + height) / 1_600)),
        lesions=lesions,
        cut_outs=tuple(_cut_out(rng, lesion) for lesion in lesions if _is_large(lesion)),
    )


def _corner_pieces(rng: np.random.Generator, width: int, height: int) -> tuple[Blob, ...]:
    """Return a separate piece of tissue near a corner, as real sections have."""
    corner = (width * rng.choice([0.08, 0.92]), height * rng.choice([0.09, 0.91]))
    return (wavy_blob(rng, corner, (width * 0.05, height * 0.04), swing=0.3),)


def _place_follicles(rng: np.random.Generator, node: Blob, count: int) -> tuple[Blob, ...]:
    """Spread follicles along the rim of the node, where real ones lie."""
    angles = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False) + rng.uniform(0.0, 0.3, count)
    return tuple(
        wavy_blob(
            rng,
            (
                node.x + 0.74 * node.radius_x * float(np.cos(angle)),
                node.y + 0.74 * node.radius_y * float(np.sin(angle)),
            ),
            (rng.uniform(380.0, 640.0), rng.uniform(380.0, 640.0)),
            swing=0.12,
        )
        for angle in angles
    )


def _place_lesions(rng: np.random.Generator, plan: _Plan, node: Blob) -> tuple[Lesion, ...]:
    """Place all lesions; start again when those already placed leave no room for the next.

    Raises
    ------
    ValueError
        When no try finds room for all, which is a fault of the plans above.
    """
    ranges = [_MACRO_UM] if plan.category == "macro" else []
    ranges += [_MICRO_UM] * plan.n_micro + [_ITC_UM] * plan.n_itc_sized
    for _ in range(_MAX_TRIES):
        radii = [rng.uniform(*range_um) / plan.spacing_um / 2.0 for range_um in ranges]
        placed = _try_to_place(rng, node, radii, LESION_GAP_UM / plan.spacing_um)
        if len(placed) == len(radii):
            return tuple(Lesion(f"_{number % 2}", blob) for number, blob in enumerate(placed))
    raise ValueError(f"no room for {len(ranges)} lesions in a {plan.category} slide")


def _try_to_place(
    rng: np.random.Generator, node: Blob, radii: list[float], gap: float
) -> list[Blob]:
    """Place blobs one by one inside the node and apart from each other, until one has no room."""
    placed: list[Blob] = []
    for radius in radii:
        x = node.x + rng.uniform(-1.0, 1.0, _MAX_TRIES) * node.radius_x
        y = node.y + rng.uniform(-1.0, 1.0, _MAX_TRIES) * node.radius_y
        fits = depth(node, x, y) > 0.7 * radius
        for other in placed:
            fits &= -depth(other, x, y) > radius + gap
        if not fits.any():
            return placed
        first = int(fits.argmax())
        radii_xy = (radius, radius * float(rng.uniform(0.55, 0.8)))
        placed.append(wavy_blob(rng, (float(x[first]), float(y[first])), radii_xy, swing=0.18))
    return placed


def _is_large(lesion: Lesion) -> bool:
    return lesion.blob.radius_y > 2.0 * LESION_GAP_UM / SPACING_UM


def _cut_out(rng: np.random.Generator, lesion: Lesion) -> Lesion:
    """Return a region without tumour inside a large lesion."""
    blob = lesion.blob
    centre = (blob.x + 0.2 * blob.radius_x, blob.y - 0.15 * blob.radius_y)
    return Lesion("_2", wavy_blob(rng, centre, (0.25 * blob.radius_y,) * 2, swing=0.15))
