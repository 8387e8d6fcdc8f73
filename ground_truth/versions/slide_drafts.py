"""Drafts each slide from the sources of a layout, in the same way for every layout."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np

from ground_truth.errors import Problem, TruthError
from ground_truth.lesions import PROTOCOL_SPACING_UM, feret_diameters_px, regions_of
from ground_truth.reference import Exclusion, SlideReference, SlideSize, kinds_left
from ground_truth.types import EVALUATION_LEVEL, Kind
from ground_truth.versions.draft import MeasuredRegions, SlideDraft
from ground_truth.versions.sources import AnnotationFile
from ground_truth.versions.tumour import Reading, Tumour, no_tumour, read_tumour

SLIDE_KINDS = frozenset({Kind.LESIONS, Kind.SLIDES})

Progress = Callable[[int, int], None]
"""Called with the number of slides done and the number of all slides."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class SlideSources:
    """The sources of slides, each consistent with the others.

    ``exclusions`` are public; ``label_exclusions`` follow from labels and are not.
    """

    reference: dict[str, SlideReference]
    sizes: dict[str, SlideSize]
    annotations: dict[str, AnnotationFile]
    exclusions: tuple[Exclusion, ...]
    sources: dict[str, str]
    label_exclusions: tuple[Exclusion, ...] = ()
    kinds: frozenset[Kind] = field(default=SLIDE_KINDS)

    def kinds_of(self, slide: str) -> frozenset[Kind]:
        """Return what a slide is scored for."""
        return kinds_left(slide, self.kinds, self.exclusions + self.label_exclusions)


def draft_slides(
    parts: SlideSources, reading: Reading, progress: Progress
) -> tuple[tuple[SlideDraft, ...], dict[str, str]]:
    """Return the findings of each slide, and the sha256 of each annotation file by slide.

    Raises
    ------
    TruthError
        With every problem of every annotation file.
    """
    slides: list[SlideDraft] = []
    digests: dict[str, str] = {}
    problems: list[Problem] = []
    for done, entry in enumerate(parts.reference.values()):
        progress(done, len(parts.reference))
        slide = read_or_note(partial(_draft_slide, parts, entry, reading, digests), problems)
        slides += [] if slide is None else [slide]
    progress(len(parts.reference), len(parts.reference))
    if problems:
        raise TruthError(problems)
    return tuple(slides), digests


def missing_annotations(parts: SlideSources, file: str) -> Iterator[Problem]:
    """Yield a problem for each tumour slide used for lesions that has no annotation."""
    for slide, entry in parts.reference.items():
        is_scored = Kind.LESIONS in parts.kinds_of(slide)
        if is_scored and entry.label == "tumour" and slide not in parts.annotations:
            yield Problem(
                file,
                entry.line,
                f"{slide} is tumour but has no annotation file: add it or exclude it",
            )


def named_sources(parts: SlideSources, digests: dict[str, str], prefix: str = "") -> dict[str, str]:
    """Return the sha256 of every source by a name that is the same on every machine."""
    endings = {
        slide: "_mask.tif" if file.is_mask else ".xml" for slide, file in parts.annotations.items()
    }
    return parts.sources | {
        f"{prefix}annotations/{slide}{endings[slide]}": digest for slide, digest in digests.items()
    }


def read_or_note(read: Callable[[], Result], problems: list[Problem]) -> Result | None:
    """Return what a source reads as; None after a TruthError, whose problems are added."""
    try:
        return read()
    except TruthError as error:
        problems += error.problems
        return None


def ignore_progress(done: int, total: int) -> None:
    """Ignore how far a build got."""


def itc_exclusions(reference: Iterable[SlideReference]) -> tuple[Exclusion, ...]:
    """Return the slides left out of lesions because isolated cells were not all outlined."""
    return tuple(
        Exclusion(entry.slide, "lesions", "isolated tumour cells are not exhaustively annotated")
        for entry in reference
        if entry.category == "itc"
    )


def _draft_slide(
    parts: SlideSources, entry: SlideReference, reading: Reading, digests: dict[str, str]
) -> SlideDraft:
    """Read one slide's annotations and find its regions; note the file's sha256."""
    size = parts.sizes[entry.slide]
    kinds = parts.kinds_of(entry.slide)
    tumour = no_tumour(size)
    if (file := parts.annotations.get(entry.slide)) is not None:
        tumour = read_tumour(file, entry, size, reading)
        digests[entry.slide] = tumour.sha256 or ""
    if Kind.LESIONS not in kinds:
        return SlideDraft(entry, size, kinds, tumour.outlines)
    regions, own_regions = _regions(tumour, size)
    return SlideDraft(entry, size, kinds, tumour.outlines, regions, own_regions)


def _regions(tumour: Tumour, size: SlideSize) -> tuple[MeasuredRegions, MeasuredRegions]:
    """Return the regions at the protocol's spacing and at the slide's own."""
    regions = _measured(tumour, PROTOCOL_SPACING_UM, size)
    if size.spacing_um == PROTOCOL_SPACING_UM:
        return regions, regions
    return regions, _measured(tumour, size.spacing_um, size)


def _measured(tumour: Tumour, spacing_um: float, size: SlideSize) -> MeasuredRegions:
    try:
        found = regions_of(tumour.pixels, spacing_um, tumour.level_size)
    except ValueError as error:
        raise TruthError.single(size.slide, str(error)) from error
    um_a_pixel = size.spacing_um * 2**EVALUATION_LEVEL
    diameters = feret_diameters_px(tumour.pixels, found.runs, len(found.table)) * um_a_pixel
    # A tenth of a micrometre is far below a pixel; rounding keeps the version's bytes stable.
    return MeasuredRegions(found, tuple(np.round(diameters, 1).tolist()))
