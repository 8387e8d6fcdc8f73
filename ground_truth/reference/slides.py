"""Reads CAMELYON16's reference table and the table of slide sizes."""

import re
from dataclasses import dataclass, field

from ground_truth.annotations import COORDINATE_LIMIT_PX
from ground_truth.errors import TruthError
from ground_truth.names import stem_of
from ground_truth.tables import (
    Row,
    Table,
    ragged_row_problems,
    read_rows,
    read_table,
    records_by_name,
    require_columns,
)
from ground_truth.types import Dimensions

_SLIDE_NAMES = ("image", "slide", "name", "filename")
_CENTRE_NAMES = ("center", "centre")
_REFERENCE_COLUMNS = {
    "slide": _SLIDE_NAMES,
    "label": ("type", "label", "class"),
    "tumour_type": ("tumor_type", "tumour_type"),
    "category": ("metastasis", "category"),
    "centre": _CENTRE_NAMES,
}
_CLASS_AND_TYPE = _REFERENCE_COLUMNS | {
    "label": ("class", "label"),
    "tumour_type": ("type", "tumor_type", "tumour_type"),
}
"""The open-data mirror's form ``image,class,type,center``: there ``type`` is the tumour's."""
_SIZE_COLUMNS = {
    "slide": _SLIDE_NAMES,
    "width": ("width",),
    "height": ("height",),
    "spacing_um": ("spacing_um", "spacing"),
    "dimensions": ("dimensions",),
}
_HEADERLESS_2016 = {"slide": 0, "label": 1, "tumour_type": 2, "category": 3}

_LABELS: dict[str, tuple[str, str | None]] = {
    "tumor": ("tumour", None),
    "tumour": ("tumour", None),
    "normal": ("normal", None),
    "negative": ("normal", "none"),
    "itc": ("tumour", "itc"),
    "micro": ("tumour", "micro"),
    "macro": ("tumour", "macro"),
}
"""Label and category that each word stands for; a category implies its label."""

_CATEGORIES = {"macro": "macro", "micro": "micro", "itc": "itc", "none": "none", "": None}
_WHOLE = re.compile(r"[0-9]{1,7}")
_DECIMAL = re.compile(r"[0-9]{1,3}(\.[0-9]{1,12})?")

SPACING_RANGE_UM = (0.05, 10.0)
"""Scanners give 0.1 to 1 um per pixel; beyond this range a number is in another unit."""


@dataclass(frozen=True, slots=True)
class SlideReference:
    """What the reference says of a slide: ``tumour`` or ``normal``; category, centre if given."""

    slide: str
    label: str
    category: str | None
    centre: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SlideSize:
    """A slide's size in level-0 pixels and its spacing in um per pixel."""

    slide: str
    width: int
    height: int
    spacing_um: float
    dimensions: Dimensions
    line: int | None = field(default=None, compare=False)


def read_reference(content: bytes, file: str) -> dict[str, SlideReference]:
    """Read slide labels: with a header, or the headerless form of 2016.

    That form is ``name,Tumor|Normal,type,Macro|Micro|None``. A label may be a category too: the
    open-data mirror's ``class`` is ``negative``, ``itc``, ``micro`` or ``macro``.

    Raises
    ------
    TruthError
        With every problem, by line.
    """
    rows = read_rows(content, file)
    if rows and len(rows[0].cells) > 1 and rows[0].cells[1].casefold() in _LABELS:
        if problems := ragged_row_problems(rows, file, len(_HEADERLESS_2016)):
            raise TruthError(problems)
        table = Table(_HEADERLESS_2016, rows)
    else:
        header = {cell.casefold() for cell in rows[0].cells} if rows else set()
        is_mirrors = {"class", "type"} <= header
        table = read_table(content, file, _CLASS_AND_TYPE if is_mirrors else _REFERENCE_COLUMNS)
        require_columns(table, file, ("slide", "label"))
    return records_by_name(table.rows, file, lambda row: _reference_of(table, row))


def read_sizes(content: bytes, file: str) -> dict[str, SlideSize]:
    """Read the columns slide, width, height, spacing_um and dimensions (measured or assumed).

    Raises
    ------
    TruthError
        With every problem, by line.
    """
    table = read_table(content, file, _SIZE_COLUMNS)
    require_columns(table, file, tuple(_SIZE_COLUMNS))
    return records_by_name(table.rows, file, lambda row: _size_of(table, row))


def checked_spacing(spacing_um: float) -> float:
    """Return a plausible spacing in um per level-0 pixel; raise ValueError for any other."""
    low, high = SPACING_RANGE_UM
    if not low <= spacing_um <= high:
        raise ValueError(f"a spacing of {spacing_um} um per pixel is not between {low} and {high}")
    return spacing_um


def label_and_category(slide: str, label_word: str, category_word: str) -> tuple[str, str | None]:
    """Return ``tumour`` or ``normal``, and the category where either cell tells it.

    Raises
    ------
    ValueError
        When a word is unknown, or the two contradict each other.
    """
    found = _LABELS.get(label_word.casefold())
    if found is None:
        raise ValueError(f"{label_word[:40]!r} is not a label: write tumor or normal")
    label, implied = found
    word = category_word.casefold()
    if word not in _CATEGORIES:
        raise ValueError(f"{word[:40]!r} is not a category: write macro, micro, itc or none")
    category = _CATEGORIES[word] or implied
    is_contradicted = category is not None and (category == "none") != (label == "normal")
    if is_contradicted or (implied is not None and category != implied):
        raise ValueError(f"{slide} is {implied or label} but its category is {category}")
    return label, category


def pixels_of(text: str, name: str) -> int:
    """Return a side in level-0 pixels; raise ValueError, with the column's name, for other text."""
    if not _WHOLE.fullmatch(text) or not 0 < int(text) < COORDINATE_LIMIT_PX:
        raise ValueError(f"{name} {text[:40]!r} is not a whole number of pixels below 2^20")
    return int(text)


def spacing_um_of(text: str) -> float:
    """Return a plausible spacing in um per level-0 pixel; raise ValueError for any other text."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"spacing {text[:40]!r} is not a plain decimal number of um per pixel")
    return checked_spacing(float(text))


def dimensions_of(text: str) -> Dimensions:
    """Return how a size is known; raise ValueError for another word."""
    word = text.casefold()
    if word not in set(Dimensions):
        raise ValueError(f"dimensions are {word[:40]!r}: write measured or assumed")
    return Dimensions(word)


def _reference_of(table: Table, row: Row) -> tuple[str, SlideReference]:
    slide = stem_of(table.cell(row, "slide"))
    label, category = label_and_category(
        slide, table.cell(row, "label"), table.cell(row, "category")
    )
    centre = table.cell(row, "centre") or None
    return slide, SlideReference(slide, label, category, centre, row.line)


def _size_of(table: Table, row: Row) -> tuple[str, SlideSize]:
    slide = stem_of(table.cell(row, "slide"))
    dimensions = dimensions_of(table.cell(row, "dimensions"))
    return slide, SlideSize(
        slide=slide,
        width=pixels_of(table.cell(row, "width"), "width"),
        height=pixels_of(table.cell(row, "height"), "height"),
        spacing_um=spacing_um_of(table.cell(row, "spacing_um")),
        dimensions=dimensions,
        line=row.line,
    )
