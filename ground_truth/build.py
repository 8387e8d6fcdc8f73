"""Building a truth version from the CAMELYON data sets as they are shared."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from ground_truth.asap import read_annotations
from ground_truth.draft import Draft, SlideDraft, sha256_of, write_version
from ground_truth.errors import Problem, TruthError
from ground_truth.exclusions import (
    CAMELYON16_EXCLUSIONS,
    Exclusion,
    kinds_left,
    read_exclusions,
    unknown_slides,
)
from ground_truth.lesions import PROTOCOL_SPACING_UM, Regions, find_regions
from ground_truth.reference import SlideReference, SlideSize, read_reference, read_sizes
from ground_truth.roles import KNOWN_GROUPS, Outlines, outlines_of
from ground_truth.sources import AnnotationFile, find_annotations, find_images
from ground_truth.stages import read_stages
from ground_truth.tables import TABLE_LIMIT_BYTES
from ground_truth.types import Dimensions, Kind

Progress = Callable[[int, int], None]
"""Told how many slides are done, and of how many."""

_SLIDE_KINDS = frozenset({Kind.LESIONS, Kind.SLIDES})
_NOTHING = Outlines((), ())
_LABEL_OF_PREFIX = {"tumor": "tumour", "normal": "normal"}

Result = TypeVar("Result")


def build_camelyon16(
    source: Path,
    root: Path,
    *,
    split: str = "testing",
    exclusions: Path | None = None,
    changelog: str = "",
    progress: Progress | None = None,
) -> str:
    """Build a version from ``<source>/<split>`` below the truth root; return its name.

    Reads ``reference.csv`` (on the training split slide names may do), ``slides.csv`` or else the
    slide images, and annotations: ``lesion_annotations.zip`` or XML files at any depth.

    Raises
    ------
    TruthError
        With every problem of every source.
    """
    folder = source / split
    if not folder.is_dir():
        raise TruthError.single(str(folder), "no such folder")
    parts = _read_parts(folder, split, exclusions)
    slides, digests = _draft_slides(parts, progress or _ignore_progress)
    sources = parts.sources | {
        f"{split}/annotations/{slide}.xml": digest for slide, digest in digests.items()
    }
    draft = Draft("camelyon16", split, sources, changelog, parts.exclusions, tuple(slides))
    return write_version(root, draft)


def build_camelyon17(
    source: Path, root: Path, *, exclusions: Path | None = None, changelog: str = ""
) -> str:
    """Build a version from a stages.csv, or a folder that holds one; return its name.

    Raises
    ------
    TruthError
        With every problem of the table.
    """
    path = source / "stages.csv" if source.is_dir() else source
    content = _content(path)
    patients = read_stages(content, path.name)
    excluded = () if exclusions is None else read_exclusions(_content(exclusions), exclusions.name)
    if problems := unknown_slides(excluded, (), str(exclusions)):
        raise TruthError(problems)
    sources = {"stages.csv": sha256_of(content)}
    return write_version(
        root, Draft("camelyon17", None, sources, changelog, excluded, patients=patients)
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """The sources of one split, each consistent with the others."""

    reference: dict[str, SlideReference]
    sizes: dict[str, SlideSize]
    annotations: dict[str, AnnotationFile]
    exclusions: tuple[Exclusion, ...]
    sources: dict[str, str]


def _read_parts(folder: Path, split: str, exclusions: Path | None) -> _Parts:
    contents = {
        f"{split}/{name}": _content(folder / name)
        for name in ("reference.csv", "slides.csv")
        if (folder / name).is_file()
    }
    problems: list[Problem] = []
    table, content = contents.get(f"{split}/slides.csv"), contents.get(f"{split}/reference.csv")
    sizes = _attempt(lambda: _sizes(folder, table), problems) or {}
    names = {} if split == "testing" else sizes
    reference = _attempt(lambda: _reference(content, names), problems) or {}
    annotations = _attempt(lambda: find_annotations(folder), problems) or {}
    excluded = _attempt(lambda: _exclusions(exclusions, reference), problems) or ()
    if not problems:
        problems += _contradictions(reference, sizes, annotations, excluded)
    if problems:
        raise TruthError(problems)
    sources = {name: sha256_of(content) for name, content in contents.items()}
    return _Parts(reference, sizes, annotations, excluded, sources)


def _attempt(read: Callable[[], Result], problems: list[Problem]) -> Result | None:
    """Read one source; on failure note its problems, so that the next can be read too."""
    try:
        return read()
    except TruthError as error:
        problems += error.problems
        return None


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
        slide: _attempt(partial(measure_slide, path), problems) for slide, path in images.items()
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
    exclusions = read_exclusions(_content(path), path.name)
    if reference and (problems := unknown_slides(exclusions, reference, path.name)):
        raise TruthError(problems)
    return exclusions


def _contradictions(
    reference: dict[str, SlideReference],
    sizes: dict[str, SlideSize],
    annotations: dict[str, AnnotationFile],
    exclusions: tuple[Exclusion, ...],
) -> Iterator[Problem]:
    for slide in sorted(reference.keys() - sizes.keys()):
        yield Problem("slides.csv", None, f"{slide} of the reference has no size")
    for slide in sorted(sizes.keys() - reference.keys()):
        yield Problem("reference.csv", None, f"{slide} is not in the reference")
    for slide in sorted(annotations.keys() - reference.keys()):
        yield Problem(annotations[slide].name, None, f"{slide} is not in the reference")
    for slide, entry in reference.items():
        is_scored = Kind.LESIONS in kinds_left(slide, _SLIDE_KINDS, exclusions)
        if is_scored and entry.label == "tumour" and slide not in annotations:
            yield Problem(
                "reference.csv",
                None,
                f"{slide} is tumour but has no annotation file; add it or exclude the slide",
            )


def _draft_slides(parts: _Parts, progress: Progress) -> tuple[list[SlideDraft], dict[str, str]]:
    """Return the findings of each slide, and the sha256 of each annotation file by slide."""
    slides: list[SlideDraft] = []
    digests: dict[str, str] = {}
    problems: list[Problem] = []
    for done, entry in enumerate(parts.reference.values()):
        progress(done, len(parts.reference))
        slide = _attempt(partial(_draft_slide, parts, entry, digests), problems)
        slides += [] if slide is None else [slide]
    progress(len(parts.reference), len(parts.reference))
    if problems:
        raise TruthError(problems)
    return slides, digests


def _draft_slide(parts: _Parts, entry: SlideReference, digests: dict[str, str]) -> SlideDraft:
    """Read one slide's annotations and find its regions; note the file's sha256."""
    size = parts.sizes[entry.slide]
    kinds = kinds_left(entry.slide, _SLIDE_KINDS, parts.exclusions)
    outlines = _NOTHING
    if (file := parts.annotations.get(entry.slide)) is not None:
        content = file.read()
        digests[entry.slide] = sha256_of(content)
        outlines = _outlines(content, file.name, entry)
    if Kind.LESIONS not in kinds:
        return SlideDraft(entry, size, kinds, outlines)
    regions, own_regions = _regions(outlines, size)
    return SlideDraft(entry, size, kinds, outlines, regions, own_regions)


def _outlines(content: bytes, file: str, entry: SlideReference) -> Outlines:
    outlines = outlines_of(read_annotations(content, file, KNOWN_GROUPS))
    if outlines.tumour and entry.label == "normal":
        raise TruthError.single(file, "outlines tumour on a slide that is normal")
    if not outlines.tumour and entry.label == "tumour":
        raise TruthError.single(file, "outlines no tumour on a slide that is tumour")
    return outlines


def _regions(outlines: Outlines, size: SlideSize) -> tuple[Regions, Regions]:
    """Return the regions at the protocol's spacing and at the slide's own."""
    is_measured = size.dimensions is Dimensions.MEASURED
    frame = (size.width, size.height) if is_measured else None
    try:
        regions = find_regions(outlines, PROTOCOL_SPACING_UM, frame)
        if size.spacing_um == PROTOCOL_SPACING_UM:
            return regions, regions
        return regions, find_regions(outlines, size.spacing_um, frame)
    except ValueError as error:
        raise TruthError.single(size.slide, str(error)) from error


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(TABLE_LIMIT_BYTES + 1)
    except OSError as error:
        raise TruthError.single(str(path), f"cannot be read: {error.strerror}") from error


def _ignore_progress(done: int, total: int) -> None:
    """Tell nobody."""
