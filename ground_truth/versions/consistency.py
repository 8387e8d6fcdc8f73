"""Checks that a version's files match its manifest and agree with each other."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ground_truth.errors import Problem, TruthError
from ground_truth.reference import kinds_left
from ground_truth.types import GroundTruth, Kind, SlideTruth
from ground_truth.versions.outlines import outlines_in
from ground_truth.versions.version import (
    case_list,
    label_exclusions_of,
    load_truth,
    read_files,
    verify_version,
)


def check_version(folder: Path) -> tuple[Problem, ...]:
    """Return everything wrong with a version's folder: bytes first, then contradictions."""
    if problems := verify_version(folder):
        return problems
    truth = load_truth(folder)
    try:
        outlined = set(outlines_in(read_files(folder), folder.name))
    except TruthError as error:
        return error.problems
    return (*_slide_problems(truth), *_name_problems(truth, outlined))


def _slide_problems(truth: GroundTruth) -> Iterator[Problem]:
    """Yield where a slide's kinds, masks and label do not fit together."""
    public = {case.slide: case.kinds for case in case_list(truth).slides}
    hidden = label_exclusions_of(truth)
    for slide in truth.slides:
        if slide.kinds != kinds_left(slide.slide, public[slide.slide], hidden):
            yield _in_slides(f"{slide.slide} has other kinds than the exclusions leave it")
        if (Kind.LESIONS in slide.kinds) != (slide.mask is not None):
            yield _in_slides(f"{slide.slide} has a mask without being used for lesions, or none")
        if slide.label == "normal" and _has_regions(slide):
            yield _in_slides(f"{slide.slide} is normal and has lesions")
        if not _are_labels_whole(slide):
            yield Problem("runs.npy", None, f"{slide.slide} lacks regions that regions.json names")


def _name_problems(truth: GroundTruth, outlined: set[str]) -> Iterator[Problem]:
    names = [slide.slide for slide in truth.slides]
    patients = [patient.patient for patient in truth.patients]
    for file, listed in (("slides.json", names), ("patients.json", patients)):
        if listed != sorted(set(listed)):
            yield Problem(file, None, "names are not unique and in order")
    for name in sorted(outlined - set(names)):
        yield Problem("outlines.json", None, f"{name} is no slide of the version")


def _has_regions(slide: SlideTruth) -> bool:
    return slide.mask is not None and len(slide.mask.is_itc_sized) > 1


def _are_labels_whole(slide: SlideTruth) -> bool:
    """Tell whether every region of both masks has a pixel."""
    masks = (mask for mask in (slide.mask, slide.mask_own_spacing) if mask is not None)
    return all(
        bool(np.bincount(mask.labels.ravel(), minlength=len(mask.is_itc_sized))[1:].all())
        for mask in masks
    )


def _in_slides(message: str) -> Problem:
    return Problem("slides.json", None, message)
