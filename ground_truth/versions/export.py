"""Exports a version, or shapes of one slide, as ASAP XML or as GeoJSON that QuPath reads."""

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from ground_truth.errors import Problem, TruthError
from ground_truth.types import GroundTruth
from ground_truth.versions.outlines import load_outlines
from ground_truth.versions.shapes import Shape, lesion_shapes, outline_shapes
from ground_truth.versions.version import load_truth

LESIONS_FOLDER, OUTLINES_FOLDER = "lesions", "outlines"


class ShapeFormat(StrEnum):
    """What other tools read."""

    ASAP = "asap"
    GEOJSON = "geojson"

    @property
    def suffix(self) -> str:
        """The ending of a file's name."""
        return ".xml" if self is ShapeFormat.ASAP else ".geojson"


def shapes_text(shapes: Sequence[Shape], form: ShapeFormat) -> str:
    """Return the text of a file with these shapes of one slide."""
    return asap_text(shapes) if form is ShapeFormat.ASAP else geojson_text(shapes)


def asap_text(shapes: Sequence[Shape]) -> str:
    """Return an ASAP XML file; a shape of several rings is an annotation for each."""
    lines = ['<?xml version="1.0"?>', "<ASAP_Annotations>", "  <Annotations>"]
    for shape in shapes:
        for ring in shape.rings:
            lines += _asap_annotation(shape, ring)
    lines += ["  </Annotations>", "  <AnnotationGroups>"]
    for group, colour in {shape.group: shape.colour for shape in shapes}.items():
        lines.append(
            f'    <Group Name={quoteattr(group)} PartOfGroup="None" Color="{_hex(colour)}">'
            "<Attributes /></Group>"
        )
    return "\n".join([*lines, "  </AnnotationGroups>", "</ASAP_Annotations>", ""])


def geojson_text(shapes: Sequence[Shape]) -> str:
    """Return a GeoJSON FeatureCollection in pixels of level 0, one feature a shape."""
    body = {"type": "FeatureCollection", "features": [_feature(shape) for shape in shapes]}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"


def _asap_annotation(shape: Shape, ring: NDArray[np.float64]) -> Iterator[str]:
    kind = "Dot" if shape.is_point else "Polygon"
    yield (
        f"    <Annotation Name={quoteattr(shape.name)} Type={quoteattr(kind)}"
        f' PartOfGroup={quoteattr(shape.group)} Color="{_hex(shape.colour)}">'
    )
    yield "      <Coordinates>"
    for order, (x, y) in enumerate((ring + shape.edge_px).tolist()):
        yield f'        <Coordinate Order="{order}" X="{x!r}" Y="{y!r}" />'
    yield "      </Coordinates>"
    yield "    </Annotation>"


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _feature(shape: Shape) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": _geometry(shape),
        "properties": {
            "objectType": "annotation",
            "name": shape.name,
            "classification": {"name": shape.group, "color": list(shape.colour)},
            "measurements": dict(shape.measurements),
        },
    }


def _geometry(shape: Shape) -> dict[str, Any]:
    if shape.is_point:
        return {"type": "Point", "coordinates": shape.rings[0][0].tolist()}
    # GeoJSON repeats the first vertex at the end of a ring.
    polygons = [[[*ring.tolist(), ring[0].tolist()]] for ring in shape.rings]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


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
    path.write_text(shapes_text(shapes, form), encoding="utf-8")
    return path


def _shapes_of(truth: GroundTruth, version: Path) -> Iterator[tuple[str, str, list[Shape]]]:
    """Yield folder, slide and shapes."""
    for slide in truth.slides:
        if slide.mask is not None:
            yield LESIONS_FOLDER, slide.slide, lesion_shapes(slide.mask)
    protocol: Any = truth.manifest["protocol"]  # the manifest is JSON; load_truth checked it
    tumour_group = protocol["tumour_groups"][0]
    cut_out_group = next(iter(protocol["cut_out_groups"]), "cut out")
    for name, outlines in load_outlines(version).items():
        yield OUTLINES_FOLDER, name, outline_shapes(outlines, tumour_group, cut_out_group)
