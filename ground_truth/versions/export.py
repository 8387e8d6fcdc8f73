"""Writes a version's lesions and stored outlines into folders that ASAP and QuPath read."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ground_truth.errors import Problem, TruthError
from ground_truth.types import GroundTruth
from ground_truth.versions.outlines import load_outlines
from ground_truth.versions.shape_files import ShapeFormat, shapes_as
from ground_truth.versions.shapes import Shape, lesion_shapes, outline_shapes
from ground_truth.versions.version import load_truth

LESIONS, OUTLINES = "lesions", "outlines"


def export_version(
    version: Path, out: Path, form: ShapeFormat, slides: Sequence[str] = ()
) -> list[Path]:
    """Write ``lesions/<slide>`` and ``outlines/<slide>`` below a folder; return the files.

    Only slides that have a lesion, or a stored outline, get a file. Outlines carry the names of
    the version's own groups, so that a version can be built from them again.

    Raises
    ------
    TruthError
        When the version is damaged, or lacks one of the ``slides`` asked for.
    OSError
        When a file cannot be written.
    """
    truth = load_truth(version)
    names = {slide.slide for slide in truth.slides}
    if unknown := [name for name in slides if name not in names]:
        raise TruthError(Problem(truth.version, None, f"has no slide {name}") for name in unknown)
    written = []
    for folder, slide, shapes in _shapes_of(truth, version):
        if shapes and (not slides or slide in slides):
            written.append(write_shapes(out / folder, slide, shapes, form))
    return written


def write_shapes(folder: Path, slide: str, shapes: Sequence[Shape], form: ShapeFormat) -> Path:
    """Write one slide's file and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{slide}{form.suffix}"
    path.write_text(shapes_as(shapes, form), encoding="utf-8")
    return path


def _shapes_of(truth: GroundTruth, version: Path) -> Iterator[tuple[str, str, list[Shape]]]:
    """Yield folder, slide and shapes."""
    for slide in truth.slides:
        if slide.mask is not None:
            yield LESIONS, slide.slide, lesion_shapes(slide.mask)
    protocol: Any = truth.manifest["protocol"]  # the manifest is JSON; load_truth checked it
    tumour_group = protocol["tumour_groups"][0]
    cut_out_group = next(iter(protocol["cut_out_groups"]), "cut out")
    for name, outlines in load_outlines(version).items():
        yield OUTLINES, name, outline_shapes(outlines, tumour_group, cut_out_group)
