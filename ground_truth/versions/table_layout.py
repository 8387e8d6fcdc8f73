"""Builds a version from the layout `table`: one CSV that names every slide and annotation.

It loads another reference standard for the same slides, whatever its folders look like. The names
of files are relative to the table.
"""

from dataclasses import dataclass
from pathlib import Path

from ground_truth.data_set import relative_path
from ground_truth.errors import Problem, TruthError
from ground_truth.names import stem_of
from ground_truth.reference import (
    Exclusion,
    SlideReference,
    SlideSize,
    dimensions_of,
    label_and_category,
    pixels_of,
    read_exclusions,
    spacing_um_of,
    unknown_slides,
)
from ground_truth.tables import (
    Row,
    Table,
    read_content,
    read_table,
    records_by_name,
    require_columns,
)
from ground_truth.types import Dimensions, Kind
from ground_truth.versions.draft import Draft, sha256_of, write_version
from ground_truth.versions.slide_drafts import (
    SLIDE_KINDS,
    Progress,
    SlideSources,
    draft_slides,
    ignore_progress,
    itc_exclusions,
    missing_annotations,
    named_sources,
    read_or_note,
)
from ground_truth.versions.sources import AnnotationFile
from ground_truth.versions.tumour import Reading

EXHAUSTIVE_WORDS = ("all", "micro_macro", "none")
"""What was outlined without exception on a slide: every tumour cell, all but isolated ones, or
nothing (some tumour may have been left out)."""

_COLUMNS = {
    "slide": ("slide", "image", "name", "filename"),
    "annotation": ("annotation", "mask", "xml", "mask_or_xml", "outlines"),
    "label": ("label", "class"),
    "category": ("category", "metastasis"),
    "centre": ("centre", "center"),
    "exhaustive": ("exhaustive",),
    "width": ("width",),
    "height": ("height",),
    "spacing_um": ("spacing_um", "spacing"),
    "dimensions": ("dimensions",),
}
_ANNOTATION_SUFFIXES = {".xml", ".tif", ".tiff"}


def build_table(
    source: Path,
    root: Path,
    *,
    exclusions: Path | None = None,
    changelog: str = "",
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> str:
    """Build a version from a table; return its name.

    Columns: slide, annotation (an XML or mask file, empty for none), label, centre, exhaustive;
    category; and width, height, spacing_um, dimensions, which may be missing where ``slide`` names
    an image file. Without the column annotation the version is for slide labels alone.

    A tumour slide is left out of the kind lesions where its annotation is not exhaustive, or lacks
    isolated tumour cells and the slide has nothing else; the case list does not reveal it.

    Raises
    ------
    TruthError
        With every problem of the table by line, and of every annotation.
    """
    reading = reading or Reading()
    parts = _read_parts(source, exclusions)
    slides, digests = draft_slides(parts, reading, progress or ignore_progress)
    draft = Draft(
        layout="table",
        split=None,
        sources=named_sources(parts, digests),
        changelog=changelog,
        exclusions=parts.exclusions,
        slides=slides,
        label_exclusions=parts.label_exclusions,
        kinds=parts.kinds,
        roles=reading.roles,
        tumour_value=reading.tumour_value,
    )
    return write_version(root, draft)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One row; ``exhaustive`` is empty on a slide where it makes no difference."""

    reference: SlideReference
    size: SlideSize
    annotation: AnnotationFile | None
    exhaustive: str


def _read_parts(source: Path, exclusions: Path | None) -> SlideSources:
    content = read_content(source)
    table = read_table(content, source.name, _COLUMNS)
    require_columns(table, source.name, ("slide", "label"))
    for_lesions = "annotation" in table.columns
    if for_lesions:
        require_columns(table, source.name, ("exhaustive",))
    problems: list[Problem] = []
    entries = (
        read_or_note(
            lambda: records_by_name(
                table.rows, source.name, lambda row: _entry_of(table, row, source.parent)
            ),
            problems,
        )
        or {}
    )
    excluded: tuple[Exclusion, ...] = ()
    if exclusions is not None:
        given = read_content(exclusions)
        excluded = read_or_note(lambda: read_exclusions(given, exclusions.name), problems) or ()
        problems += unknown_slides(excluded, entries, exclusions.name) if entries else []
    parts = _parts_of(entries, excluded, for_lesions=for_lesions, digest=sha256_of(content))
    if problems := problems or list(missing_annotations(parts, source.name)):
        raise TruthError(problems)
    return parts


def _parts_of(
    entries: dict[str, _Entry], excluded: tuple[Exclusion, ...], *, for_lesions: bool, digest: str
) -> SlideSources:
    files = {slide: entry.annotation for slide, entry in entries.items()}
    return SlideSources(
        reference={slide: entry.reference for slide, entry in entries.items()},
        sizes={slide: entry.size for slide, entry in entries.items()},
        annotations={slide: file for slide, file in files.items() if file is not None},
        exclusions=excluded,
        sources={"table.csv": digest},
        label_exclusions=_label_exclusions(entries) if for_lesions else (),
        kinds=SLIDE_KINDS if for_lesions else frozenset({Kind.SLIDES}),
    )


def _label_exclusions(entries: dict[str, _Entry]) -> tuple[Exclusion, ...]:
    """Return the slides on which an unannotated lesion would count as a false positive."""
    but_for_cells = itc_exclusions(
        entry.reference for entry in entries.values() if entry.exhaustive == "micro_macro"
    )
    partly = tuple(
        Exclusion(slide, "lesions", "not exhaustively annotated")
        for slide, entry in entries.items()
        if entry.exhaustive == "none"
    )
    return tuple(sorted(but_for_cells + partly, key=lambda each: each.slide))


def _entry_of(table: Table, row: Row, folder: Path) -> tuple[str, _Entry]:
    slide = stem_of(table.cell(row, "slide"))
    label, category = label_and_category(
        slide, table.cell(row, "label"), table.cell(row, "category")
    )
    centre = table.cell(row, "centre") or None
    return slide, _Entry(
        reference=SlideReference(slide, label, category, centre, row.line),
        size=_size_of(table, row, folder, slide),
        annotation=_annotation_of(table.cell(row, "annotation"), folder, slide),
        exhaustive=_exhaustive_of(table, row, slide, label, category),
    )


def _exhaustive_of(table: Table, row: Row, slide: str, label: str, category: str | None) -> str:
    word = table.cell(row, "exhaustive").casefold()
    if word and word not in EXHAUSTIVE_WORDS:
        raise ValueError(f"exhaustive is {word[:40]!r}: write all, micro_macro or none")
    if label == "normal" or "exhaustive" not in table.columns:
        return ""
    if not word:
        raise ValueError(f"{slide} is tumour: is it annotated exhaustively? all, micro_macro, none")
    if word == "micro_macro" and category is None:
        raise ValueError(f"{slide} is annotated but for itc: is its category itc, micro or macro?")
    return word


def _annotation_of(text: str, folder: Path, slide: str) -> AnnotationFile | None:
    if not text:
        return None
    path = folder / relative_path(text)
    if path.suffix.casefold() not in _ANNOTATION_SUFFIXES:
        raise ValueError(f"{text[:80]!r} is neither an XML nor a TIFF file")
    if not path.is_file():
        raise ValueError(f"{text[:80]!r} is not there")
    return AnnotationFile(slide, path)


def _size_of(table: Table, row: Row, folder: Path, slide: str) -> SlideSize:
    if table.cell(row, "width") or table.cell(row, "height"):
        return SlideSize(
            slide=slide,
            width=pixels_of(table.cell(row, "width"), "width"),
            height=pixels_of(table.cell(row, "height"), "height"),
            spacing_um=spacing_um_of(table.cell(row, "spacing_um")),
            dimensions=dimensions_of(table.cell(row, "dimensions") or Dimensions.MEASURED),
            line=row.line,
        )
    path = folder / relative_path(table.cell(row, "slide"))
    if not path.is_file():
        raise ValueError(f"{slide} has no width and height, and its image is not there")
    # OpenSlide is loaded only where there are images to measure.
    from ground_truth.slides import measure_slide

    try:
        return measure_slide(path)
    except TruthError as error:
        raise ValueError(error.problems[0].message) from error
