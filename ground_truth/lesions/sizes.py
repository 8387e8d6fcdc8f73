"""Classes lesions by size, and compares them with their slides' categories.

A lesion's size is the maximum Feret diameter of the annotation inside it, before it is grown:
macro above 2 mm, micro above 0.2 mm (the TNM classification's limits).
"""

from enum import StrEnum

import numpy as np

from ground_truth.types import GroundTruth, Kind, SlideTruth

MACRO_ABOVE_UM = 2000.0
MICRO_ABOVE_UM = 200.0


class LesionSize(StrEnum):
    """A lesion's class by size; the smallest is not a pathologist's finding of isolated cells."""

    MACRO = "macro"
    MICRO = "micro"
    UP_TO_200_UM = "up to 0.2 mm"


_EXPECTED = {
    "macro": LesionSize.MACRO,
    "micro": LesionSize.MICRO,
    "itc": LesionSize.UP_TO_200_UM,
}


def size_of(feret_um: float) -> LesionSize:
    """Return the class of a diameter in um."""
    if feret_um > MACRO_ABOVE_UM:
        return LesionSize.MACRO
    return LesionSize.MICRO if feret_um > MICRO_ABOVE_UM else LesionSize.UP_TO_200_UM


def contradictions(truth: GroundTruth) -> tuple[str, ...]:
    """Return a line for each slide whose category is not that of its largest outline.

    Slides without a category, and versions without diameters, are skipped.
    """
    found = (_contradiction(slide) for slide in truth.slides_for(Kind.LESIONS))
    return tuple(line for line in found if line is not None)


def _contradiction(slide: SlideTruth) -> str | None:
    expected = _EXPECTED.get(slide.category or "")
    if expected is None or slide.mask is None or slide.mask.feret_um is None:
        return None
    largest_um = float(np.max(slide.mask.feret_um))
    found = size_of(largest_um)
    if found is expected:
        return None
    return (
        f"{slide.slide} is labelled {slide.category},"
        f" its largest outline is {largest_um / 1000:.2f} mm: {found}"
    )
