"""Reads a submission of kind lesions: one detection CSV for every slide of the case list."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from evaluator.archive import Members, SingleFile, opened
from evaluator.detections import (
    MAX_CSV_BYTES,
    DetectionBounds,
    Detections,
    read_detections,
)
from evaluator.errors import Findings, ProblemCode, SubmissionError, quoted, shown_name
from evaluator.member_names import file_name, is_csv, report_unexpected
from evaluator.parameters import LesionParameters
from evaluator.slide_names import SlideNames, slide_names
from ground_truth.cases import CaseList, SlideCase
from ground_truth.types import Kind

MAX_DETECTIONS_IN_ALL = 500_000
MAX_TEXT_BYTES = 256 * 2**20
"""Room for all detections at 400 bytes a row, and a bound to what a hostile zip can inflate."""


@dataclass(slots=True)
class LesionSubmission:
    """Detections and digest of each submitted slide that the kind uses."""

    detections: dict[str, Detections] = field(default_factory=dict)
    sha256_of: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Reader:
    """What was read so far, and what everything is held against."""

    names: SlideNames
    parameters: LesionParameters
    findings: Findings
    submission: LesionSubmission = field(default_factory=LesionSubmission)
    file_of: dict[str, str] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)
    n_bytes: int = 0
    n_detections: int = 0


def read_lesion_submission(
    path: Path, cases: CaseList, parameters: LesionParameters, findings: Findings
) -> LesionSubmission:
    """Read all detection files; what is wrong with them goes to `findings`.

    A single CSV is taken where the case list asks for one slide only: a file that comes alone
    has no name to tell its slide by.
    """
    names = slide_names(cases, Kind.LESIONS)
    reader = _Reader(names, parameters, findings)
    try:
        with opened(path, len(cases.slides), findings) as members:
            if isinstance(members, SingleFile):
                _take_single(members, reader)
            else:
                _take_members(members, reader)
    except SubmissionError as error:
        findings.merge(error)
        return reader.submission
    names.note_excluded(reader.excluded, findings)
    return reader.submission


def canonical_name(slide: str) -> str:
    """Return what a slide's detection file is called in digests and warnings."""
    return f"{slide}.csv"


def _take_single(single: SingleFile, reader: _Reader) -> None:
    if len(reader.names.wanted) != 1:
        reader.findings.problem(
            ProblemCode.ARCHIVE_NEEDED,
            f"One CSV for each of {len(reader.names.wanted)} slides is needed; "
            "send them together in a zip.",
        )
        return
    slide = reader.names.wanted[0]
    file = canonical_name(slide)
    case = reader.names.by_name[slide.casefold()]
    _take(single.read(file, MAX_CSV_BYTES), case, file, reader)


def _take_members(members: Members, reader: _Reader) -> None:
    for path in sorted(members.paths, key=str.casefold):
        case = _case_of(path, reader)
        if case is None:
            continue
        try:
            content = members.read(path, MAX_CSV_BYTES)
        except SubmissionError as error:
            reader.findings.merge(error)
            continue
        _take(content, case, shown_name(file_name(path)), reader)
        if _is_too_much(reader):
            return
    for slide in reader.names.missing(reader.file_of):
        detail = f"No file for slide {slide}; a slide without detections needs an empty file."
        reader.findings.problem(ProblemCode.MISSING_SLIDE, detail, canonical_name(slide))


def _case_of(path: str, reader: _Reader) -> SlideCase | None:
    """Return the slide that a file is for; notes why there is none."""
    if not is_csv(path):
        report_unexpected(path, reader.findings)
        return None
    name = file_name(path)
    file = shown_name(name)
    case = reader.names.find(PurePosixPath(name).stem)
    if case is None:
        detail = f"{quoted(name)} names no slide of this phase; see its case list."
        reader.findings.problem(ProblemCode.UNKNOWN_SLIDE, detail, file)
        return None
    first = reader.file_of.setdefault(case.slide, name)
    if first != name:
        detail = f"Slide {case.slide} already has the file {quoted(first)}; keep one."
        reader.findings.problem(ProblemCode.DUPLICATE_SLIDE, detail, file)
        return None
    return case


def _take(content: bytes, case: SlideCase, file: str, reader: _Reader) -> None:
    bounds = DetectionBounds(case.width, case.height, reader.parameters.max_detections_per_slide)
    detections = read_detections(content, bounds, file, reader.findings)
    reader.n_bytes += len(content)
    reader.n_detections += detections.confidence.size
    if Kind.LESIONS not in case.kinds:
        reader.excluded.append(case.slide)
        return
    reader.submission.detections[case.slide] = detections
    digest = hashlib.sha256(content).hexdigest()
    reader.submission.sha256_of[canonical_name(case.slide)] = digest


def _is_too_much(reader: _Reader) -> bool:
    """Whether reading has to stop; notes why."""
    if reader.n_detections > MAX_DETECTIONS_IN_ALL:
        reader.findings.problem(
            ProblemCode.TOO_MANY_DETECTIONS_IN_ALL,
            f"More than {MAX_DETECTIONS_IN_ALL:,} detections in all; keep those of highest "
            "confidence. The rest was not read.",
        )
        return True
    if reader.n_bytes > MAX_TEXT_BYTES:
        detail = f"More than {MAX_TEXT_BYTES // 2**20} MiB of text; the rest was not read."
        reader.findings.problem(ProblemCode.SUBMISSION_TOO_LARGE, detail)
        return True
    return False
