"""Sorts the files of a lesion submission: which slide each is for, and in which form."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from evaluator.archives import Members, SlideNames, file_name, report_unexpected
from evaluator.errors import Findings, ProblemCode, SubmissionError, quoted, shown_name
from evaluator.forms import (
    FORM_OF_SUFFIX,
    HEATMAP_FORMS,
    MAX_METADATA_BYTES,
    SUBMISSION_FILE,
    Form,
    GeometryJson,
    Metadata,
    read_geometry_json,
    read_submission_toml,
)
from evaluator.results import LesionParameters
from ground_truth.reference import SlideCase

_REFUSED = {
    (".h5", ".hdf5"): (
        ProblemCode.UNSUPPORTED_IMAGE,
        "HDF5 is not read: write arrays with numpy.save, or coordinates and scores as CSV.",
    ),
    (".jpg", ".jpeg", ".jp2"): (
        ProblemCode.LOSSY_COMPRESSION,
        "Lossy compression changes confidences: save PNG, TIFF, NPY or NPZ.",
    ),
    (".pkl", ".pickle", ".pt", ".pth"): (
        ProblemCode.PICKLED_ARRAY,
        "Pickled Python objects are never opened: save arrays with numpy.save.",
    ),
}
_METADATA_SUFFIX = ".json"
_FAMILY = dict.fromkeys(HEATMAP_FORMS, "heatmaps") | {
    Form.DETECTIONS: "detection CSVs",
    Form.PATCHES: "patch grids",
    Form.GEOJSON: "GeoJSON",
}


@dataclass(frozen=True, slots=True)
class SlideMember:
    """One file and the slide that it is for."""

    path: str
    file: str
    case: SlideCase
    form: Form
    geometry: GeometryJson

    @property
    def canonical_name(self) -> str:
        """The file's name in digests."""
        suffix = "csv" if self.form in {Form.DETECTIONS, Form.PATCHES} else self.form.value
        return f"{self.case.slide}.{suffix}"


@dataclass(slots=True)
class SortedMembers:
    """The slides' files, their metadata, and the digests of the metadata files."""

    slides: list[SlideMember]
    metadata: Metadata
    sha256_of: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """Slides whose file has a form that is refused with its own reason."""

    has_faulty_metadata: bool = False


def sorted_members(
    members: Members, names: SlideNames, parameters: LesionParameters, findings: Findings
) -> SortedMembers:
    """Sort all files; problems with those that cannot be used go to `findings`."""
    found = SortedMembers([], Metadata(parameters.suppression))
    paths = sorted(members.paths, key=str.casefold)
    n_before = findings.counts.total()
    _read_toml(members, paths, parameters, found, findings)
    found.metadata = _looked_up(found.metadata, names, findings)
    geometry_by_slide = _read_json(members, paths, names, found, findings)
    found.has_faulty_metadata = findings.counts.total() > n_before
    file_of: dict[str, str] = {}
    for path in paths:
        form = _form_of(path, parameters, findings)
        if form is None:
            found.refused.update(_slide_named(path, names))
            continue
        case = _case_of(path, names, file_of, findings)
        if case is None:
            continue
        geometry = {
            **found.metadata.geometry_for(case.slide),
            **geometry_by_slide.pop(case.slide, {}),
        }
        if form is Form.DETECTIONS and "patch_size" in geometry:
            form = Form.PATCHES
        found.slides.append(SlideMember(path, shown_name(file_name(path)), case, form, geometry))
    for slide in geometry_by_slide:
        detail = (
            f"This says something of slide {slide}, which has no file (GeoJSON ends in .geojson)."
        )
        findings.problem(ProblemCode.UNEXPECTED_FILE, detail, f"{slide}{_METADATA_SUFFIX}")
    if not parameters.allows_mixed_forms:
        _check_one_form(found.slides, findings)
    return found


def missing_slides(found: SortedMembers, names: SlideNames) -> tuple[str, ...]:
    """Return the wanted slides that no file is for."""
    return names.missing({*found.refused, *(member.case.slide for member in found.slides)})


def _read_toml(
    members: Members,
    paths: Sequence[str],
    parameters: LesionParameters,
    found: SortedMembers,
    findings: Findings,
) -> None:
    for path in paths:
        if file_name(path).casefold() != SUBMISSION_FILE:
            continue
        content = _content(members, path, findings)
        if content is not None:
            found.metadata = read_submission_toml(content, parameters, findings)
            found.sha256_of[SUBMISSION_FILE] = hashlib.sha256(content).hexdigest()


def _looked_up(metadata: Metadata, names: SlideNames, findings: Findings) -> Metadata:
    """Return metadata with its slides by the case list's names; note slides not in the list."""
    by_slide: dict[str, GeometryJson] = {}
    for name, geometry in metadata.by_slide.items():
        case = names.find(name)
        if case is None:
            detail = f"[slides] tells of {quoted(name)}, no slide of this phase; see its case list."
            findings.problem(ProblemCode.UNKNOWN_SLIDE, detail, SUBMISSION_FILE)
        elif case.slide in by_slide:
            detail = f"[slides] tells of slide {case.slide} twice; keep one table."
            findings.problem(ProblemCode.DUPLICATE_SLIDE, detail, SUBMISSION_FILE)
        else:
            by_slide[case.slide] = geometry
    return replace(metadata, by_slide=by_slide)


def _read_json(
    members: Members,
    paths: Sequence[str],
    names: SlideNames,
    found: SortedMembers,
    findings: Findings,
) -> dict[str, GeometryJson]:
    """Return by slide the geometry in JSON files beside slides' files."""
    geometry_by_slide: dict[str, GeometryJson] = {}
    for path in paths:
        name = PurePosixPath(file_name(path))
        if name.suffix.lower() != _METADATA_SUFFIX:
            continue
        file = shown_name(file_name(path))
        case = names.find(name.stem)
        if case is None:
            detail = f"{quoted(file_name(path))} names no slide of this phase; see its case list."
            findings.problem(ProblemCode.UNKNOWN_SLIDE, detail, file)
            continue
        content = _content(members, path, findings)
        if content is not None:
            geometry_by_slide[case.slide] = read_geometry_json(content, file, findings)
            found.sha256_of[f"{case.slide}{_METADATA_SUFFIX}"] = hashlib.sha256(content).hexdigest()
    return geometry_by_slide


def _content(members: Members, path: str, findings: Findings) -> bytes | None:
    try:
        return members.read(path, MAX_METADATA_BYTES)
    except SubmissionError as error:
        findings.merge(error)
        return None


def _form_of(path: str, parameters: LesionParameters, findings: Findings) -> Form | None:
    """Return a file's form; None for metadata, and after noting a problem."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == _METADATA_SUFFIX or file_name(path).casefold() == SUBMISSION_FILE:
        return None
    form = FORM_OF_SUFFIX.get(suffix)
    if form is not None and (parameters.allows_heatmaps or form not in HEATMAP_FORMS):
        return form
    for suffixes, (code, detail) in _REFUSED.items():
        if suffix in suffixes and parameters.allows_heatmaps:
            findings.problem(code, detail, shown_name(path))
            return None
    report_unexpected(path, findings)
    return None


def _slide_named(path: str, names: SlideNames) -> tuple[str, ...]:
    """Return the slide that a refused file would have been for, if any."""
    name = PurePosixPath(file_name(path))
    case = (
        names.find(name.stem) if any(name.suffix.lower() in known for known in _REFUSED) else None
    )
    return () if case is None else (case.slide,)


def _case_of(
    path: str, names: SlideNames, file_of: dict[str, str], findings: Findings
) -> SlideCase | None:
    """Return the slide that a file is for; where there is none, note the problem."""
    name = file_name(path)
    file = shown_name(name)
    case = names.find(PurePosixPath(name).stem)
    if case is None:
        detail = f"{quoted(name)} names no slide of this phase; see its case list."
        findings.problem(ProblemCode.UNKNOWN_SLIDE, detail, file)
        return None
    first = file_of.setdefault(case.slide, name)
    if first != name:
        detail = f"Slide {case.slide} already has the file {quoted(first)}; keep one."
        findings.problem(ProblemCode.DUPLICATE_SLIDE, detail, file)
        return None
    return case


def _check_one_form(slides: Sequence[SlideMember], findings: Findings) -> None:
    families = {_FAMILY[member.form] for member in slides}
    others = [m for m in slides if _FAMILY[m.form] != _FAMILY[slides[0].form]]
    if not others:
        return
    findings.problem(
        ProblemCode.MIXED_FORMS,
        f"This phase takes one form a submission; here are {' and '.join(sorted(families))}.",
        others[0].file,
    )
