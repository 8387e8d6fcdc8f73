"""Holds what a build found, and writes it as an immutable version."""

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations import CAMELYON_ROLES, GroupRoles, Outlines
from ground_truth.errors import TruthError
from ground_truth.lesions import GROWTH_UM, ITC_LIMIT_UM, PROTOCOL_SPACING_UM, Regions
from ground_truth.reference import Exclusion, SlideReference, SlideSize
from ground_truth.types import EVALUATION_LEVEL, Kind, PatientTruth
from ground_truth.versions.version import (
    MANIFEST_FORMAT,
    MANIFEST_NAME,
    verify_version,
    version_of,
    versions_of,
)


@dataclass(frozen=True, slots=True)
class MeasuredRegions:
    """Regions, and by label the Feret diameter in um of the annotation inside each."""

    regions: Regions
    feret_um: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SlideDraft:
    """One slide's findings; regions are None where it is not used for lesions.

    ``own_regions`` are those at the slide's own spacing, the same object where that is the
    protocol's.
    """

    reference: SlideReference
    size: SlideSize
    kinds: frozenset[Kind]
    outlines: Outlines
    regions: MeasuredRegions | None = None
    own_regions: MeasuredRegions | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a version is made of.

    ``sources`` gives the sha256 of each source by a name that is the same on every machine;
    ``label_exclusions`` follow from labels, so the public case list does not reflect them.
    """

    layout: str
    split: str | None
    sources: dict[str, str]
    changelog: str
    exclusions: tuple[Exclusion, ...] = ()
    slides: tuple[SlideDraft, ...] = ()
    patients: tuple[PatientTruth, ...] = ()
    label_exclusions: tuple[Exclusion, ...] = ()
    kinds: frozenset[Kind] = frozenset({Kind.LESIONS, Kind.SLIDES})
    roles: GroupRoles = CAMELYON_ROLES
    tumour_value: int | None = None


def sha256_of(content: bytes) -> str:
    """Return the hexadecimal sha256."""
    return hashlib.sha256(content).hexdigest()


def write_version(root: Path, draft: Draft) -> str:
    """Write a version below the truth root, whole or not at all, and return its name.

    The same draft gives the same bytes on every machine; an identical version that is already
    there is left alone.

    Raises
    ------
    TruthError
        When a folder of that name is there and damaged, or the version would replace another of
        its layout and split without a changelog.
    """
    files = _files(draft)
    manifest = _json(_manifest(draft, files))
    version = version_of(manifest)
    root.mkdir(parents=True, exist_ok=True)
    if not _is_there(root / version):
        _require_changelog(root, draft, version)
        _place(root, version, {**files, MANIFEST_NAME: manifest})
    if problems := verify_version(root / version):
        raise TruthError(problems)
    return version


def _is_there(folder: Path) -> bool:
    return folder.exists()


def _require_changelog(root: Path, draft: Draft, version: str) -> None:
    """Refuse to replace versions of the same layout and split without a changelog."""
    replaced = [name for name in versions_of(root, draft.layout, draft.split) if name != version]
    if replaced and not draft.changelog.strip():
        names = " ".join(filter(None, (draft.layout, draft.split)))
        raise TruthError.single(
            str(root),
            f"holds {', '.join(replaced)} of {names} already: say what is new with --changelog",
        )


def _place(root: Path, version: str, files: dict[str, bytes]) -> None:
    folder = Path(tempfile.mkdtemp(prefix=".building-", dir=root))
    try:
        for name, content in files.items():
            with (folder / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        folder.chmod(0o755)
        _fsync_folder(folder)
        _rename(folder, root / version)
        _fsync_folder(root)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rename(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError:
        # Another build may have placed the same version meanwhile; the caller verifies it.
        if not target.exists():
            raise


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _manifest(draft: Draft, files: dict[str, bytes]) -> dict[str, object]:
    return {
        "format": MANIFEST_FORMAT,
        "layout": draft.layout,
        "split": draft.split,
        "changelog": draft.changelog,
        "protocol": {
            "level": EVALUATION_LEVEL,
            "spacing_um": PROTOCOL_SPACING_UM,
            "growth_um": GROWTH_UM,
            "itc_limit_um": ITC_LIMIT_UM,
            "tumour_groups": draft.roles.tumour,
            "cut_out_groups": draft.roles.cut_out,
            "tumour_value": draft.tumour_value,
        },
        "kinds": sorted(draft.kinds),
        "sources": draft.sources,
        "exclusions": _exclusions_json(draft.exclusions),
        "label_exclusions": _exclusions_json(draft.label_exclusions),
        "ignored_annotations": {
            slide.reference.slide: slide.outlines.ignored
            for slide in draft.slides
            if slide.outlines.ignored
        },
        "files": {name: sha256_of(content) for name, content in files.items()},
    }


def _exclusions_json(exclusions: Iterable[Exclusion]) -> list[dict[str, str]]:
    return [{"slide": each.slide, "kind": each.kind, "reason": each.reason} for each in exclusions]


def _files(draft: Draft) -> dict[str, bytes]:
    masks = _distinct_masks(draft.slides)
    number = {id(regions): index for index, (_, _, regions) in enumerate(masks)}
    outlines, vertices = _outlines(draft.slides)
    return {
        "slides.json": _json([_slide(slide, number) for slide in draft.slides]),
        "patients.json": _json([asdict(patient) for patient in draft.patients]),
        "regions.json": _json(
            [
                {
                    "slide": slide,
                    "spacing_um": spacing_um,
                    "regions": [
                        {**asdict(region), "feret_um": feret_um}
                        for region, feret_um in zip(
                            measured.regions.table, measured.feret_um, strict=True
                        )
                    ],
                }
                for slide, spacing_um, measured in masks
            ]
        ),
        "runs.npy": _npy(_runs([measured.regions for _, _, measured in masks])),
        "outlines.json": _json(outlines),
        "outlines.npy": _npy(vertices),
    }


def _distinct_masks(slides: Iterable[SlideDraft]) -> list[tuple[str, float, MeasuredRegions]]:
    masks = []
    for slide in slides:
        name = slide.reference.slide
        if slide.regions is not None:
            masks.append((name, PROTOCOL_SPACING_UM, slide.regions))
        if slide.own_regions is not None and slide.own_regions is not slide.regions:
            masks.append((name, slide.size.spacing_um, slide.own_regions))
    return masks


def _slide(slide: SlideDraft, number: dict[int, int]) -> dict[str, object]:
    return {
        "slide": slide.reference.slide,
        "width": slide.size.width,
        "height": slide.size.height,
        "dimensions": slide.size.dimensions,
        "spacing_um": slide.size.spacing_um,
        "label": slide.reference.label,
        "category": slide.reference.category,
        "centre": slide.reference.centre,
        "kinds": sorted(slide.kinds),
        "mask": number.get(id(slide.regions)),
        "mask_own_spacing": number.get(id(slide.own_regions)),
    }


def _runs(masks: Sequence[Regions]) -> NDArray[np.int32]:
    """Return all runs as (m, 5) int32: index of the mask, then row, first, end, label."""
    parts = [np.insert(regions.runs, 0, index, axis=1) for index, regions in enumerate(masks)]
    return np.concatenate([np.empty((0, 5), dtype=np.int32), *parts])


def _outlines(slides: Iterable[SlideDraft]) -> tuple[list[dict[str, object]], NDArray[np.float32]]:
    """Return where each ring's vertices are, and all vertices, (n, 2) float32 level-0 (x, y)."""
    table: list[dict[str, object]] = []
    rings = [np.empty((0, 2), dtype=np.float32)]
    for slide in slides:
        roles = (("tumour", slide.outlines.tumour), ("cut_out", slide.outlines.cut_out))
        for role, ring in ((role, ring) for role, rings_of_role in roles for ring in rings_of_role):
            table.append({"slide": slide.reference.slide, "role": role, "vertices": len(ring)})
            rings.append(ring)
    return table, np.concatenate(rings)


def _npy(array: NDArray[np.int32] | NDArray[np.float32]) -> bytes:
    """Return the bytes of an .npy file, little-endian on every machine."""
    buffer = io.BytesIO()
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    np.save(buffer, little, allow_pickle=False)
    return buffer.getvalue()


def _json(value: object) -> bytes:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return f"{text}\n".encode()
