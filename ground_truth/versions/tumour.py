"""Reads one slide's annotation, outlines or a mask, as tumour pixels at evaluation level."""

from dataclasses import dataclass

from ground_truth.annotations import (
    CAMELYON_ROLES,
    GroupRoles,
    Outlines,
    outlines_by_role,
    read_annotations,
)
from ground_truth.errors import TruthError
from ground_truth.lesions import read_mask, runs_of, sha256_of_file
from ground_truth.raster import Runs, Stroke, fill_outlines
from ground_truth.reference import SlideReference, SlideSize
from ground_truth.types import EVALUATION_LEVEL, Dimensions
from ground_truth.versions.draft import sha256_of
from ground_truth.versions.sources import AnnotationFile

NO_OUTLINES = Outlines((), ())

_UNBOUNDED_PX5 = 2**20
"""Level-5 columns and rows where no size is measured: beyond any slide."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How annotations are read.

    ``tumour_value`` is the label of tumour in mask images; None where masks are not used.
    """

    roles: GroupRoles = CAMELYON_ROLES
    tumour_value: int | None = None


@dataclass(frozen=True, slots=True)
class Tumour:
    """Tumour of one slide; ``sha256`` is the file's.

    Attributes
    ----------
    outlines : Outlines
        Rings at level 0; none where the source is a mask.
    pixels : Runs
        Level-5 pixels that are tumour.
    level_size : (int, int)
        Columns and rows of the level-5 frame.
    """

    outlines: Outlines
    pixels: Runs
    level_size: tuple[int, int]
    sha256: str | None = None


def read_tumour(
    file: AnnotationFile, entry: SlideReference, size: SlideSize, reading: Reading
) -> Tumour:
    """Read one slide's annotation file.

    Raises
    ------
    TruthError
        With every problem of the file; tumour on a normal slide, or none on a tumour slide, is one.
    """
    tumour = _from_mask(file, size, reading) if file.is_mask else _from_xml(file, size, reading)
    is_there = bool(len(tumour.pixels.row) if file.is_mask else tumour.outlines.tumour)
    if is_there and entry.label == "normal":
        raise TruthError.single(file.name, "outlines tumour on a slide that is normal")
    if not is_there and entry.label == "tumour":
        raise TruthError.single(file.name, "outlines no tumour on a slide that is tumour")
    return tumour


def no_tumour(size: SlideSize) -> Tumour:
    """Return the tumour of a normal slide, which has none."""
    return Tumour(NO_OUTLINES, fill_outlines([], [], EVALUATION_LEVEL, *_frame(size)), _frame(size))


def _from_xml(file: AnnotationFile, size: SlideSize, reading: Reading) -> Tumour:
    content = file.read()
    annotations = read_annotations(content, file.name, reading.roles.known_groups)
    outlines = outlines_by_role(annotations, reading.roles)
    rings = [*outlines.tumour, *outlines.cut_out]
    strokes = [Stroke(1)] * len(outlines.tumour) + [Stroke(0)] * len(outlines.cut_out)
    try:
        pixels = fill_outlines(rings, strokes, EVALUATION_LEVEL, *_frame(size))
    except ValueError as error:
        raise TruthError.single(file.name, str(error)) from error
    return Tumour(outlines, pixels, _frame(size), sha256_of(content))


def _from_mask(file: AnnotationFile, size: SlideSize, reading: Reading) -> Tumour:
    mask = read_mask(file.path)
    if reading.tumour_value is None:
        values = ", ".join(map(str, mask.values))
        raise TruthError.single(
            file.name, f"holds the values {values}: say which one is tumour with --tumour-value"
        )
    is_measured = size.dimensions is Dimensions.MEASURED
    if is_measured and (mask.width, mask.height) != (size.width, size.height):
        raise TruthError.single(
            file.name,
            f"is {mask.width} x {mask.height} pixels, its slide {size.width} x {size.height}",
        )
    rows, columns = mask.labels.shape
    pixels = runs_of(mask.labels == reading.tumour_value)
    return Tumour(NO_OUTLINES, pixels, (columns, rows), sha256_of_file(file.path))


def _frame(size: SlideSize) -> tuple[int, int]:
    """Return the level-5 (columns, rows)."""
    if size.dimensions is not Dimensions.MEASURED:
        return _UNBOUNDED_PX5, _UNBOUNDED_PX5
    return size.width >> EVALUATION_LEVEL, size.height >> EVALUATION_LEVEL
