"""CAMELYON16's reference table and the table of slide sizes."""

import re
from dataclasses import dataclass

from ground_truth.errors import TruthError
from ground_truth.names import stem_of
from ground_truth.tables import Row, Table, collect, ragged, read_rows, read_table, require
from ground_truth.types import Dimensions
from ground_truth.vertices import COORDINATE_LIMIT_PX

_SLIDE_NAMES = ("image", "slide", "name", "filename")
_REFERENCE_COLUMNS = {
    "slide": _SLIDE_NAMES,
    "label": ("type", "label", "class"),
    "tumour_type": ("tumor_type", "tumour_type"),
    "category": ("metastasis", "category"),
}
_SIZE_COLUMNS = {
    "slide": _SLIDE_NAMES,
    "width": ("width",),
    "height": ("height",),
    "spacing_um": ("spacing_um", "spacing"),
    "dimensions": ("dimensions",),
}
_HEADERLESS_2016 = {"slide": 0, "label": 1, "tumour_type": 2, "category": 3}

_LABELS = {"tumor": "tumour", "tumour": "tumour", "normal": "normal"}
_CATEGORIES = {"macro": "macro", "micro": "micro", "itc": "itc", "none": "none", "": None}
_WHOLE = re.compile(r"[0-9]{1,7}")
_DECIMAL = re.compile(r"[0-9]{1,3}(\.[0-9]{1,12})?")

SPACING_RANGE_UM = (0.05, 10.0)
"""Scanners give 0.1 to 1 um per pixel; beyond this range a number is in another unit."""


@dataclass(frozen=True, slots=True)
class SlideReference:
    """What the reference says of a slide: ``tumour`` or ``normal``, and its category if given."""

    slide: str
    label: str
    category: str | None


@dataclass(frozen=True, slots=True)
class SlideSize:
    """A slide's size in level-0 pixels and its spacing in um per pixel."""

    slide: str
    width: int
    height: int
    spacing_um: float
    dimensions: Dimensions


def read_reference(content: bytes, file: str) -> dict[str, SlideReference]:
    """Read slide labels: with a header, or the headerless form of 2016.

    That form is ``name,Tumor|Normal,type,Macro|Micro|None``.

    Raises
    ------
    TruthError
        With every problem, by line.
    """
    rows = read_rows(content, file)
    if rows and len(rows[0].cells) > 1 and rows[0].cells[1].casefold() in _LABELS:
        if problems := ragged(rows, file, len(_HEADERLESS_2016)):
            raise TruthError(problems)
        table = Table(_HEADERLESS_2016, rows)
    else:
        table = read_table(content, file, _REFERENCE_COLUMNS)
        require(table, file, ("slide", "label"))
    return collect(table.rows, file, lambda row: _reference_of(table, row))


def read_sizes(content: bytes, file: str) -> dict[str, SlideSize]:
    """Read the columns slide, width, height, spacing_um and dimensions (measured or assumed).

    Raises
    ------
    TruthError
        With every problem, by line.
    """
    table = read_table(content, file, _SIZE_COLUMNS)
    require(table, file, tuple(_SIZE_COLUMNS))
    return collect(table.rows, file, lambda row: _size_of(table, row))


def checked_spacing(spacing_um: float) -> float:
    """Return a plausible spacing in um per level-0 pixel; raise ValueError for any other."""
    low, high = SPACING_RANGE_UM
    if not low <= spacing_um <= high:
        raise ValueError(f"a spacing of {spacing_um} um per pixel is not between {low} and {high}")
    return spacing_um


def _reference_of(table: Table, row: Row) -> tuple[str, SlideReference]:
    slide = stem_of(table.cell(row, "slide"))
    word = table.cell(row, "label")
    label = _LABELS.get(word.casefold())
    if label is None:
        raise ValueError(f"{word[:40]!r} is not a label: write tumor or normal")
    word = table.cell(row, "category").casefold()
    if word not in _CATEGORIES:
        raise ValueError(f"{word[:40]!r} is not a category: write macro, micro, itc or none")
    category = _CATEGORIES[word]
    if category is not None and (category == "none") != (label == "normal"):
        raise ValueError(f"{slide} is {label} but its category is {category}")
    return slide, SlideReference(slide, label, category)


def _size_of(table: Table, row: Row) -> tuple[str, SlideSize]:
    slide = stem_of(table.cell(row, "slide"))
    word = table.cell(row, "dimensions").casefold()
    if word not in set(Dimensions):
        raise ValueError(f"dimensions are {word[:40]!r}: write measured or assumed")
    return slide, SlideSize(
        slide=slide,
        width=_pixels(table.cell(row, "width"), "width"),
        height=_pixels(table.cell(row, "height"), "height"),
        spacing_um=_spacing_um(table.cell(row, "spacing_um")),
        dimensions=Dimensions(word),
    )


def _pixels(text: str, name: str) -> int:
    if not _WHOLE.fullmatch(text) or not 0 < int(text) < COORDINATE_LIMIT_PX:
        raise ValueError(f"{name} {text[:40]!r} is not a whole number of pixels below 2^20")
    return int(text)


def _spacing_um(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"spacing {text[:40]!r} is not a plain decimal number of um per pixel")
    return checked_spacing(float(text))
