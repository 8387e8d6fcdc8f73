"""Reads one slide's file of any form but a detection CSV; runs in the confined decoder."""

from dataclasses import asdict
from math import floor
from typing import BinaryIO, TypedDict

import numpy as np

from evaluator.archives import ProblemPlace
from evaluator.decoding.heatmap_values import heatmap_of
from evaluator.decoding.images import read_png, read_tiff
from evaluator.decoding.numpy_files import NumpyFile, read_npy, read_npz
from evaluator.errors import Findings, ProblemCode
from evaluator.forms import (
    DecodeRequest,
    DetectionBounds,
    Form,
    GeometryChoice,
    GeometryJson,
    checked_geometry,
    geometry_choice,
    geometry_of,
    read_geojson,
)
from evaluator.heatmaps import (
    StrongestDetections,
    detections_of,
    reach_of,
    read_patches,
    strongest_on_slide,
    suppressed_patches,
)

_NO_VALUES = np.empty(0)


class RemarkJson(TypedDict):
    """A problem or warning without its file, which the process that asked knows."""

    code: str
    detail: str
    line: int | None


class AnswerJson(TypedDict):
    """What a file holds, strongest detection first; ``used`` is the geometry it was read with."""

    confidence: list[float]
    x: list[float]
    y: list[float]
    n_found: int
    used: GeometryJson
    problems: list[RemarkJson]
    warnings: list[RemarkJson]
    counts: dict[str, int]


def read_slide_file(file: BinaryIO, request: DecodeRequest, findings: Findings) -> AnswerJson:
    """Read one slide's file; its problems go to `findings`.

    Raises
    ------
    SubmissionError
        When nothing can be read at all.
    """
    if request.form is Form.GEOJSON:
        return _answer(_geojson(file, request, findings), {})
    if request.form is Form.PATCHES:
        return _patches(file, request, findings)
    return _heatmap(file, request, findings)


def with_remarks(answer: AnswerJson, findings: Findings) -> AnswerJson:
    """Add the problems, warnings and counts of the findings to an answer."""
    answer["problems"] = [
        _remark(problem.code, problem.detail, problem.line) for problem in findings.problems
    ]
    answer["warnings"] = [
        _remark(warning.code, warning.detail, warning.line) for warning in findings.warnings
    ]
    answer["counts"] = {str(code): count for code, count in findings.counts.items()}
    return answer


def empty_answer() -> AnswerJson:
    """Return the answer of a file that cannot be read."""
    return _answer(StrongestDetections(_NO_VALUES, _NO_VALUES, _NO_VALUES, 0), {})


def _heatmap(file: BinaryIO, request: DecodeRequest, findings: Findings) -> AnswerJson:
    read = _decoded(file, request, findings)
    if read is None:
        return empty_answer()
    stated = {**request.told, **checked_geometry(read.geometry, request.file, findings)}
    choice = geometry_choice(stated, request.file, findings)
    if choice is None or findings.counts or _is_for_patches(choice, request, findings):
        return empty_answer()
    heatmap = heatmap_of(read.values, choice, request.file)
    rows, columns = heatmap.values.shape
    geometry = geometry_of((rows, columns), choice, request.size, request.file, findings)
    if geometry is None:
        return empty_answer()
    reach = reach_of(request.suppression.radius, geometry)
    if min(reach.rows, reach.columns) < 1:
        stride = max(geometry.stride_x, geometry.stride_y)
        _report_radius(request, f"one map pixel ({stride:g} level-0 pixels)", findings)
        return empty_answer()
    found = detections_of(heatmap, geometry, request.suppression, request.size, request.most)
    extra = {
        name: value for name, value in choice.to_json().items() if name in {"axes", "scale_max"}
    }
    return _answer(found, {**asdict(geometry), **extra})


def _decoded(file: BinaryIO, request: DecodeRequest, findings: Findings) -> NumpyFile | None:
    match request.form:
        case Form.PNG:
            return NumpyFile(read_png(file, request.file))
        case Form.TIFF:
            return NumpyFile(read_tiff(file, request.file))
        case Form.NPY:
            return read_npy(file, request.file)
        case _:
            return read_npz(file, request.file, findings)


def _is_for_patches(choice: GeometryChoice, request: DecodeRequest, findings: Findings) -> bool:
    if choice.patch_size is None:
        return False
    detail = "patch_size is for patch grids (CSV); an array takes stride_x and stride_y."
    findings.problem(ProblemCode.BAD_METADATA, detail, request.file)
    return True


def _patches(file: BinaryIO, request: DecodeRequest, findings: Findings) -> AnswerJson:
    choice = geometry_choice(request.told, request.file, findings)
    if choice is None:
        return empty_answer()
    if choice.patch_size is None or choice.anchor is None:
        detail = "A patch grid (CSV) needs a patch_size, in level-0 pixels, and an anchor."
        findings.problem(ProblemCode.MISSING_GEOMETRY, detail, request.file)
        return empty_answer()
    if request.suppression.sigma > 0.0:
        detail = "Points of a patch grid are not smoothed; choose sigma = 0."
        findings.problem(ProblemCode.CHOICE_NOT_ALLOWED, detail, request.file)
    if floor(request.suppression.radius / choice.patch_size + 0.5) < 1:
        _report_radius(request, f"half a patch ({choice.patch_size:g} level-0 pixels)", findings)
    file.seek(0)
    place = ProblemPlace(findings, request.file, 0)
    patches = read_patches(file.read(), choice.patch_size, choice.anchor, request.size, place)
    if patches is None or findings.counts:
        return empty_answer()
    at = suppressed_patches(patches, request.suppression)
    x, y = patches.x[at], patches.y[at]
    found = strongest_on_slide(patches.confidence[at], x, y, request.size, request.most)
    return _answer(found, {"patch_size": choice.patch_size, "anchor": choice.anchor})


def _geojson(file: BinaryIO, request: DecodeRequest, findings: Findings) -> StrongestDetections:
    file.seek(0)
    bounds = DetectionBounds(request.size.width, request.size.height, request.most)
    found = read_geojson(file.read(), bounds, request.measurement, request.file, findings)
    if findings.counts:
        return StrongestDetections(_NO_VALUES, _NO_VALUES, _NO_VALUES, 0)
    order = np.argsort(-found.confidence, kind="stable")
    x, y = found.x[order], found.y[order]
    return StrongestDetections(found.confidence[order], x, y, int(found.confidence.size))


def _report_radius(request: DecodeRequest, smallest: str, findings: Findings) -> None:
    detail = f"A radius of {request.suppression.radius:g} level-0 pixels is below {smallest}."
    findings.problem(ProblemCode.RADIUS_TOO_SMALL, detail, request.file)


def _answer(found: StrongestDetections, used: GeometryJson) -> AnswerJson:
    return {
        "confidence": found.confidence.tolist(),
        "x": found.x.tolist(),
        "y": found.y.tolist(),
        "n_found": found.n_found,
        "used": used,
        "problems": [],
        "warnings": [],
        "counts": {},
    }


def _remark(code: ProblemCode, detail: str, line: int | None) -> RemarkJson:
    return {"code": str(code), "detail": detail, "line": line}
