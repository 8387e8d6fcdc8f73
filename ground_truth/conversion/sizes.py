"""Finds size and spacing of the slides that masks are made for: in images or a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ground_truth.errors import Problem, TruthError
from ground_truth.reference import checked_spacing, read_sizes
from ground_truth.slides import Slide
from ground_truth.tables import read_content
from ground_truth.versions import find_images, read_or_note


@dataclass(frozen=True, slots=True)
class MaskSize:
    """A slide's size in level-0 pixels and its spacing in um, None where nothing states it."""

    width: int
    height: int
    spacing_um: float | None


def size_of_image(path: Path, spacing_um: float | None) -> MaskSize:
    """Measure a slide image; a given spacing replaces the one that the file states.

    Raises
    ------
    TruthError
        When OpenSlide cannot open it, or no scanner has the spacing it states.
    """
    with Slide.open(path) as slide:
        (width, height), stated = slide.size, slide.spacing_um
    if spacing_um is None and stated is not None:
        try:
            spacing_um = checked_spacing(stated)
        except ValueError as error:
            raise TruthError.single(path.name, str(error)) from error
    return MaskSize(width, height, spacing_um)


def sizes_in_folder(
    folder: Path, wanted: Iterable[str], spacing_um: float | None, problems: list[Problem]
) -> dict[str, MaskSize | None]:
    """Measure the wanted images of a folder as `size_of_image` does.

    An image that cannot be measured gives None, and its problem is added to ``problems``.

    Raises
    ------
    TruthError
        When a name is unusable or two images belong to one slide.
    """
    images = find_images(folder)
    return {
        name: read_or_note(partial(size_of_image, images[name], spacing_um), problems)
        for name in wanted
        if name in images
    }


def sizes_in_table(path: Path) -> dict[str, MaskSize | None]:
    """Read a table ``slide,width,height,spacing_um,dimensions``.

    Raises
    ------
    TruthError
        With every problem, by line.
    """
    listed = read_sizes(read_content(path), path.name)
    return {
        name: MaskSize(size.width, size.height, size.spacing_um) for name, size in listed.items()
    }
