"""Loads and verifies immutable versions of the ground truth, and makes their case lists.

A version is the folder ``<root>/<version>`` with a manifest and the files it names by sha256; the
version is the first twelve digits of the manifest's own sha256, so it covers every byte.
"""

import hashlib
import io
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ground_truth.errors import Problem, TruthError
from ground_truth.lesions import evaluation_mask_of
from ground_truth.reference import CaseList, Exclusion, PatientCase, SlideCase, kinds_left
from ground_truth.types import (
    Dimensions,
    EvaluationMask,
    GroundTruth,
    Kind,
    PatientTruth,
    SlideTruth,
)

MANIFEST_NAME = "manifest.json"
MANIFEST_FORMAT = 1

VERSION_DIGITS = 12

_FILES = (
    "slides.json",
    "patients.json",
    "regions.json",
    "runs.npy",
    "outlines.json",
    "outlines.npy",
)
_MANIFEST_LIMIT_BYTES = 20_000_000
_FILE_LIMIT_BYTES = 500_000_000
_LARGEST_CROP_PX = 2**26
_SLIDE_KINDS = frozenset({Kind.LESIONS, Kind.SLIDES})
_VERSION = re.compile(rf"[0-9a-f]{{{VERSION_DIGITS}}}")


@dataclass(frozen=True, slots=True)
class VersionFiles:
    """A version's manifest and its files by name, all of them as the manifest says."""

    manifest: dict[str, Any]
    contents: dict[str, bytes]


def load_truth(folder: Path) -> GroundTruth:
    """Load a version's folder, checked against its manifest.

    Raises
    ------
    TruthError
        When the folder is no version, or a byte of it does not match its name or manifest.
    """
    files = read_files(folder)
    manifest, contents = files.manifest, files.contents
    try:
        masks = _masks(contents)
        return GroundTruth(
            version=folder.resolve().name,
            layout=str(manifest["layout"]),
            slides=tuple(_slide(item, masks) for item in json.loads(contents["slides.json"])),
            patients=tuple(_patient(item) for item in json.loads(contents["patients.json"])),
            manifest=manifest,
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise TruthError.single(folder.name, f"not a truth version: {error!r}") from error


def read_files(folder: Path) -> VersionFiles:
    """Read a version's bytes, checked against its manifest.

    Raises
    ------
    TruthError
        When the folder is no version, or a byte of it does not match its name or manifest.
    """
    manifest, contents, problems = _read(folder)
    if problems:
        raise TruthError(problems)
    return VersionFiles(manifest, contents)


def verify_version(folder: Path) -> tuple[Problem, ...]:
    """Return what is wrong with a version's folder: files changed, missing or added."""
    try:
        _, _, problems = _read(folder)
        if not problems:
            load_truth(folder)
    except TruthError as error:
        return error.problems
    added = sorted({path.name for path in folder.iterdir()} - {MANIFEST_NAME, *_FILES})
    return (*problems, *(Problem(name, None, "does not belong to the version") for name in added))


def case_list(truth: GroundTruth) -> CaseList:
    """Return what participants may know: names, measured sizes, spacings, nodes.

    Kinds reflect only the exclusions in the manifest, never what follows from a label.
    """
    exclusions = exclusions_of(truth)
    listed: Any = truth.manifest.get("kinds")  # versions older than the table layout lack it
    kinds = _SLIDE_KINDS if listed is None else frozenset(Kind(kind) for kind in listed)
    return CaseList(
        truth_version=truth.version,
        layout=truth.layout,
        slides=tuple(_slide_case(slide, kinds, exclusions) for slide in truth.slides),
        patients=tuple(
            PatientCase(patient.patient, tuple(sorted(patient.nodes))) for patient in truth.patients
        ),
    )


def exclusions_of(truth: GroundTruth) -> tuple[Exclusion, ...]:
    """Return the public exclusions in force in a version."""
    return _exclusions_from_json(truth.manifest["exclusions"])


def label_exclusions_of(truth: GroundTruth) -> tuple[Exclusion, ...]:
    """Return the exclusions that follow from labels; organisers' while the truth is hidden."""
    return _exclusions_from_json(truth.manifest.get("label_exclusions", []))


def version_of(manifest: bytes) -> str:
    """Return the version that a manifest's bytes stand for."""
    return hashlib.sha256(manifest).hexdigest()[:VERSION_DIGITS]


def versions_of(root: Path, layout: str, split: str | None) -> list[str]:
    """Return the names of the versions of a layout and split below a truth root, sorted.

    A folder whose manifest cannot be read is left out; `verify_version` reports it.
    """
    names = []
    for folder in sorted(path for path in root.iterdir() if _VERSION.fullmatch(path.name)):
        try:
            manifest = json.loads(_content(folder / MANIFEST_NAME, _MANIFEST_LIMIT_BYTES))
            is_alike = (manifest["layout"], manifest["split"]) == (layout, split)
        except (OSError, KeyError, TypeError, ValueError, RecursionError, TruthError):
            continue
        names += [folder.name] if is_alike else []
    return names


def _exclusions_from_json(exclusions: Any) -> tuple[Exclusion, ...]:
    """Read a list of the manifest, which is JSON that load_truth checked."""
    return tuple(Exclusion(item["slide"], item["kind"], item["reason"]) for item in exclusions)


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, bytes], list[Problem]]:
    """Return manifest, files by name, and every difference between them."""
    try:
        body = _content(folder / MANIFEST_NAME, _MANIFEST_LIMIT_BYTES)
    except OSError as error:
        raise TruthError.single(str(folder), _no_version_text(folder, error)) from error
    try:
        manifest = json.loads(body)
        digests = {name: str(manifest["files"][name]) for name in _FILES}
        if manifest["format"] != MANIFEST_FORMAT:
            raise TruthError.single(
                MANIFEST_NAME, f"is of format {manifest['format']}, not {MANIFEST_FORMAT}"
            )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        message = f"not a truth version: its {MANIFEST_NAME} is damaged ({error!r})"
        raise TruthError.single(str(folder), message) from error
    problems = []
    if version_of(body) != folder.resolve().name:
        problems.append(
            Problem(MANIFEST_NAME, None, f"stands for {version_of(body)}: was it changed?")
        )
    contents = {}
    for name, digest in digests.items():
        try:
            contents[name] = _content(folder / name, _FILE_LIMIT_BYTES)
        except OSError:
            problems.append(Problem(name, None, "is missing"))
            continue
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            problems.append(Problem(name, None, "differs from the manifest"))
    return manifest, contents, problems


def _no_version_text(folder: Path, error: OSError) -> str:
    """Say why a folder is no version; of a truth root, which versions it holds."""
    held = [path.name for path in folder.glob("*") if _VERSION.fullmatch(path.name)]
    if held:
        return f"holds the versions {', '.join(sorted(held))}: name one of them"
    return f"not a truth version: its {MANIFEST_NAME} cannot be read ({error.strerror})"


def _content(path: Path, limit_bytes: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise TruthError.single(path.name, "is too large to be part of a version")
    return content


def _masks(contents: dict[str, bytes]) -> list[EvaluationMask]:
    tables = json.loads(contents["regions.json"])
    runs: NDArray[np.int32] = np.load(io.BytesIO(contents["runs.npy"]), allow_pickle=False)
    if runs.dtype != np.int32 or runs.ndim != 2 or runs.shape[1] != 5:  # noqa: PLR2004 - its columns
        raise ValueError("runs.npy is not five columns of int32")
    ends = np.searchsorted(runs[:, 0], np.arange(len(tables) + 1))
    return [
        _mask(runs[ends[index] : ends[index + 1], 1:], table["regions"])
        for index, table in enumerate(tables)
    ]


def _mask(runs: NDArray[np.int32], regions: list[dict[str, Any]]) -> EvaluationMask:
    flags = [bool(region["is_itc_sized"]) for region in regions]
    if len(runs):
        row, first, end, label = runs.astype(np.int64).T
        area = (row.max() - row.min() + 1) * (end.max() - first.min())
        is_sound = row.min() >= 0 and first.min() >= 0 and (first < end).all()
        if not is_sound or area > _LARGEST_CROP_PX or not (label > 0).all():
            raise ValueError("runs.npy holds impossible runs")
        if label.max() > len(flags):
            raise ValueError("runs.npy holds labels that regions.json lacks")
    mask = evaluation_mask_of(runs, flags)
    # Versions built before Feret diameters were measured have none.
    if any("feret_um" not in region for region in regions):
        return mask
    feret_um = np.array([0.0, *(region["feret_um"] for region in regions)], dtype=np.float64)
    return replace(mask, feret_um=feret_um)


def _slide(item: dict[str, Any], masks: list[EvaluationMask]) -> SlideTruth:
    mask, own = item["mask"], item["mask_own_spacing"]
    return SlideTruth(
        slide=item["slide"],
        width=item["width"],
        height=item["height"],
        dimensions=Dimensions(item["dimensions"]),
        spacing_um=item["spacing_um"],
        label=item["label"],
        category=item["category"],
        centre=item["centre"],
        kinds=frozenset(Kind(kind) for kind in item["kinds"]),
        mask=None if mask is None else masks[mask],
        mask_own_spacing=None if own is None else masks[own],
    )


def _patient(item: dict[str, Any]) -> PatientTruth:
    return PatientTruth(item["patient"], item["stage"], item["centre"], dict(item["nodes"]))


def _slide_case(
    slide: SlideTruth, kinds: frozenset[Kind], exclusions: tuple[Exclusion, ...]
) -> SlideCase:
    is_measured = slide.dimensions is Dimensions.MEASURED
    return SlideCase(
        slide=slide.slide,
        width=slide.width if is_measured else None,
        height=slide.height if is_measured else None,
        spacing_um=slide.spacing_um,
        kinds=kinds_left(slide.slide, kinds, exclusions),
    )
