"""Builds a truth version from the CAMELYON data sets as they are shared."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from ground_truth.errors import Problem, TruthError
from ground_truth.reference import (
    CAMELYON16_EXCLUSIONS,
    Exclusion,
    SlideReference,
    SlideSize,
    node_lines,
    read_exclusions,
    read_reference,
    read_sizes,
    read_stages,
    unknown_slides,
)
from ground_truth.tables import read_content
from ground_truth.types import PatientTruth
from ground_truth.versions.draft import Draft, sha256_of, write_version
from ground_truth.versions.slide_drafts import (
    Progress,
    SlideSources,
    draft_slides,
    ignore_progress,
    itc_exclusions,
    missing_annotations,
    named_sources,
    read_or_note,
)
from ground_truth.versions.sources import AnnotationFile, find_annotations, find_images, find_masks
from ground_truth.versions.tumour import Reading

_LABEL_OF_PREFIX = {"tumor": "tumour", "normal": "normal"}


def build_camelyon16(  # noqa: PLR0913 - one argument an option of the command
    source: Path,
    root: Path,
    *,
    split: str = "testing",
    exclusions: Path | None = None,
    changelog: str = "",
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> str:
    """Build a version from ``<source>/<split>`` below the truth root; return its name.

    Reads ``reference.csv`` (on the training split slide names suffice), ``slides.csv`` or else the
    slide images, and annotations: ``lesion_annotations.zip`` or XML files at any depth, or
    ``*_mask.tif`` where the reading says which of their values is tumour.

    Raises
    ------
    TruthError
        With every problem of every source; or when the version would replace another of the same
        split and the changelog is empty.
    """
    folder = source / split
    if not folder.is_dir():
        raise TruthError.single(
            str(folder), f"no such folder: SOURCE is the one that holds {split}"
        )
    reading = reading or Reading()
    parts = _read_parts(folder, split, exclusions, reading)
    slides, digests = draft_slides(parts, reading, progress or ignore_progress)
    draft = Draft(
        layout="camelyon16",
        split=split,
        sources=named_sources(parts, digests, prefix=f"{split}/"),
        changelog=changelog,
        exclusions=parts.exclusions,
        slides=slides,
        roles=reading.roles,
        tumour_value=reading.tumour_value,
    )
    return write_version(root, draft)


def build_camelyon17(
    source: Path,
    root: Path,
    *,
    exclusions: Path | None = None,
    changelog: str = "",
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> str:
    """Build a version from a stages.csv, or a folder that holds one; return its name.

    Where the folder has a ``slides.csv`` too, the nodes listed there are slides of the version,
    with the annotations found below the folder; nodes with isolated tumour cells leave the kind
    lesions, since those cells were not outlined exhaustively.

    Raises
    ------
    TruthError
        With every problem of the sources; or when the version would replace another and the
        changelog is empty.
    """
    path = source / "stages.csv" if source.is_dir() else source
    content = read_content(path)
    patients = read_stages(content, path.name)
    reading = reading or Reading()
    sources = {"stages.csv": sha256_of(content)}
    lines = node_lines(content, path.name)
    nodes = {
        entry.slide: replace(entry, line=lines[entry.slide])
        for patient in patients
        for entry in _node_entries(patient)
    }
    parts = _node_parts(path.name, source, nodes, exclusions, reading)
    slides, digests = draft_slides(parts, reading, progress or ignore_progress)
    draft = Draft(
        layout="camelyon17",
        split=None,
        sources=sources | named_sources(parts, digests),
        changelog=changelog,
        exclusions=parts.exclusions,
        slides=slides,
        patients=patients,
        label_exclusions=parts.label_exclusions,
        roles=reading.roles,
        tumour_value=reading.tumour_value,
    )
    return write_version(root, draft)


def _read_parts(
    folder: Path, split: str, exclusions: Path | None, reading: Reading
) -> SlideSources:
    contents = {
        f"{split}/{name}": read_content(folder / name)
        for name in ("reference.csv", "slides.csv")
        if (folder / name).is_file()
    }
    problems: list[Problem] = []
    table, content = contents.get(f"{split}/slides.csv"), contents.get(f"{split}/reference.csv")
    sizes = read_or_note(lambda: _sizes(folder, table), problems) or {}
    names = {} if split == "testing" else sizes
    reference = read_or_note(lambda: _reference(content, names), problems) or {}
    annotations = read_or_note(lambda: _annotations(folder, reading), problems) or {}
    excluded = read_or_note(lambda: _exclusions(exclusions, reference), problems) or ()
    sources = {name: sha256_of(content) for name, content in contents.items()}
    parts = SlideSources(reference, sizes, annotations, excluded, sources)
    if not problems:
        problems += _contradictions(parts, "reference.csv")
    if problems:
        raise TruthError(problems)
    return parts


def _node_parts(
    table: str,
    source: Path,
    nodes: dict[str, SlideReference],
    exclusions: Path | None,
    reading: Reading,
) -> SlideSources:
    """Return the sources of the CAMELYON17 nodes that a slides.csv beside the stages lists."""
    problems: list[Problem] = []
    content = b""
    sizes: dict[str, SlideSize] = {}
    if source.is_dir() and (source / "slides.csv").is_file():
        content = read_content(source / "slides.csv")
        sizes = read_or_note(lambda: read_sizes(content, "slides.csv"), problems) or {}
    reference = {slide: nodes[slide] for slide in sizes if slide in nodes}
    found = read_or_note(lambda: _annotations(source, reading), problems) if sizes else {}
    # Only listed slides are built, so outlines of other nodes are left out.
    annotations = {slide: file for slide, file in (found or {}).items() if slide in sizes}
    excluded = (
        ()
        if exclusions is None
        else read_or_note(lambda: _given_exclusions(exclusions), problems) or ()
    )
    problems += unknown_slides(excluded, reference, exclusions.name if exclusions else "")
    parts = SlideSources(
        reference=reference,
        sizes=sizes,
        annotations=annotations,
        exclusions=excluded,
        sources={"slides.csv": sha256_of(content)} if content else {},
        label_exclusions=itc_exclusions(reference.values()),
    )
    if problems := problems or list(_contradictions(parts, table)):
        raise TruthError(problems)
    return parts


def _node_entries(patient: PatientTruth) -> Iterator[SlideReference]:
    for node, category in patient.nodes.items():
        label = "normal" if category == "negative" else "tumour"
        yield SlideReference(node, label, category, patient.centre)


def _annotations(folder: Path, reading: Reading) -> dict[str, AnnotationFile]:
    """Return the XML files; or the masks, where they are asked for or there is no XML file.

    Masks that were not asked for are refused later, with the values they hold.
    """
    if reading.tumour_value is not None:
        return find_masks(folder)
    return find_annotations(folder) or find_masks(folder)


def _sizes(folder: Path, table: bytes | None) -> dict[str, SlideSize]:
    if table is not None:
        return read_sizes(table, "slides.csv")
    images = find_images(folder)
    if not images:
        raise TruthError.single(str(folder), "holds neither slides.csv nor slide images")
    # OpenSlide is loaded only where there are images to measure.
    from ground_truth.slides import measure_slide

    problems: list[Problem] = []
    sizes = {
        slide: read_or_note(partial(measure_slide, path), problems)
        for slide, path in images.items()
    }
    if problems:
        raise TruthError(problems)
    return {slide: size for slide, size in sizes.items() if size is not None}


def _reference(content: bytes | None, names: Iterable[str]) -> dict[str, SlideReference]:
    """Read the reference, or take labels from names such as tumor_001 and normal_001."""
    if content is not None:
        return read_reference(content, "reference.csv")
    if not names:
        raise TruthError.single("reference.csv", "is missing")
    labels = {name: _LABEL_OF_PREFIX.get(name.partition("_")[0]) for name in names}
    if problems := [
        Problem("slides.csv", None, f"{name} is neither tumor_... nor normal_...: what is it?")
        for name, label in labels.items()
        if label is None
    ]:
        raise TruthError(problems)
    return {name: SlideReference(name, label, None) for name, label in labels.items() if label}


def _exclusions(path: Path | None, reference: dict[str, SlideReference]) -> tuple[Exclusion, ...]:
    if path is None:
        return tuple(each for each in CAMELYON16_EXCLUSIONS if each.slide in reference)
    exclusions = _given_exclusions(path)
    if reference and (problems := unknown_slides(exclusions, reference, path.name)):
        raise TruthError(problems)
    return exclusions


def _given_exclusions(path: Path) -> tuple[Exclusion, ...]:
    return read_exclusions(read_content(path), path.name)


def _contradictions(parts: SlideSources, file: str) -> Iterator[Problem]:
    reference, sizes = parts.reference, parts.sizes
    for slide in sorted(reference.keys() - sizes.keys()):
        yield Problem(file, reference[slide].line, f"{slide} has no size in slides.csv")
    for slide in sorted(sizes.keys() - reference.keys()):
        yield Problem("slides.csv", sizes[slide].line, f"{slide} is not in {file}")
    for slide in sorted(parts.annotations.keys() - reference.keys()):
        yield Problem(parts.annotations[slide].name, None, f"{slide} is not in {file}")
    yield from missing_annotations(parts, file)
