"""A slide image's size and spacing, by OpenSlide."""

from pathlib import Path

import openslide

from ground_truth.errors import TruthError
from ground_truth.names import stem_of
from ground_truth.reference import SlideSize, checked_spacing
from ground_truth.types import Dimensions


def measure_slide(path: Path) -> SlideSize:
    """Return the size in level-0 pixels and the spacing in um of a slide image.

    Raises
    ------
    TruthError
        When OpenSlide cannot open the file, or it does not state its spacing.
    """
    try:
        with openslide.OpenSlide(path) as slide:
            width, height = slide.dimensions
            text = slide.properties.get(openslide.PROPERTY_NAME_MPP_X)
    except openslide.OpenSlideError as error:
        raise TruthError.single(path.name, f"OpenSlide cannot read it: {error}") from error
    if text is None:
        raise TruthError.single(path.name, "does not state its spacing; list it in slides.csv")
    try:
        spacing_um = checked_spacing(float(text))
    except ValueError as error:
        raise TruthError.single(path.name, str(error)) from error
    return SlideSize(stem_of(path.name), width, height, spacing_um, Dimensions.MEASURED)
