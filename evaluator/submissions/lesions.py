"""Reads a submission of kind lesions: one file for every slide of the case list."""

import hashlib
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from evaluator.archives import (
    MAX_UNPACKED_BYTES,
    Members,
    SingleFile,
    SlideNames,
    open_submission,
    slide_names,
)
from evaluator.errors import Findings, ProblemCode, SubmissionError
from evaluator.forms import (
    HEATMAP_FORMS,
    MAX_BYTES_OF_FORM,
    MAX_CSV_BYTES,
    DecodeRequest,
    DetectionBounds,
    Detections,
    Form,
    GeometryJson,
    SlideSize,
    read_detections,
)
from evaluator.heatmaps import MOST_COUNTED_POINTS
from evaluator.results import JsonObject, LesionParameters
from evaluator.submissions.members import SlideMember, SortedMembers, missing_slides, sorted_members
from evaluator.submissions.steps import NO_STEPS, Steps, answer_key
from ground_truth.reference import CaseList, SlideCase
from ground_truth.types import Kind

if TYPE_CHECKING:
    from evaluator.decoding import Decoder, SlideAnswer

MAX_DETECTIONS_IN_ALL = 500_000
MAX_TEXT_BYTES = 256 * 2**20
"""Enough for all detections at 400 bytes a row; bounds what a hostile zip can inflate."""


@dataclass(slots=True)
class LesionSubmission:
    """Detections and digest of each submitted slide that the kind uses, and how they were read."""

    detections: dict[str, Detections] = field(default_factory=dict)
    sha256_of: dict[str, str] = field(default_factory=dict)
    submitted: JsonObject = field(default_factory=lambda: {"forms": [Form.DETECTIONS.value]})


@dataclass(slots=True)
class _Reader:
    """What was read so far, and the limits that everything is checked against."""

    names: SlideNames
    parameters: LesionParameters
    findings: Findings
    steps: Steps
    submission: LesionSubmission = field(default_factory=LesionSubmission)
    decoder: "Decoder | None" = None
    geometry: dict[str, GeometryJson] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)
    n_bytes: int = 0
    n_detections: int = 0


def read_lesion_submission(
    path: Path,
    cases: CaseList,
    parameters: LesionParameters,
    findings: Findings,
    steps: Steps = NO_STEPS,
) -> LesionSubmission:
    """Read all files and report progress after each; their problems go to `findings`.

    A single CSV is accepted only where the case list asks for one slide: a file that is submitted
    alone has no name that tells its slide.
    """
    names = slide_names(cases, Kind.LESIONS)
    reader = _Reader(names, parameters, findings, steps)
    try:
        with open_submission(path, len(cases.slides), findings) as members:
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
    """Return the name of a slide's detection file in digests and warnings."""
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
    reader.steps.report_progress(1, 1)


def _take_members(members: Members, reader: _Reader) -> None:
    found = sorted_members(members, reader.names, reader.parameters, reader.findings)
    reader.submission.sha256_of.update(found.sha256_of)
    with ExitStack() as stack:
        for done, member in enumerate(found.slides, start=1):
            if member.form is Form.DETECTIONS:
                _take_csv(members, member, reader)
            elif not found.has_faulty_metadata:
                _take_decoded(members, member, found, stack, reader)
            if _is_over_limit(reader):
                return
            reader.steps.report_progress(done, len(found.slides))
    for slide in missing_slides(found, reader.names):
        detail = f"No file for slide {slide}; a slide without detections needs an empty file."
        reader.findings.problem(ProblemCode.MISSING_SLIDE, detail, canonical_name(slide))
    reader.submission.submitted = _submitted(found, reader)


def _take_csv(members: Members, member: SlideMember, reader: _Reader) -> None:
    try:
        content = members.read(member.path, MAX_CSV_BYTES)
    except SubmissionError as error:
        reader.findings.merge(error)
        return
    _take(content, member.case, member.file, reader)


def _take(content: bytes, case: SlideCase, file: str, reader: _Reader) -> None:
    bounds = DetectionBounds(case.width, case.height, reader.parameters.max_detections_per_slide)
    detections = read_detections(content, bounds, file, reader.findings)
    reader.n_bytes += len(content)
    digest = hashlib.sha256(content).hexdigest()
    _keep(detections, case, (canonical_name(case.slide), digest), reader)


def _take_decoded(
    members: Members,
    member: SlideMember,
    found: SortedMembers,
    stack: ExitStack,
    reader: _Reader,
) -> None:
    """Read a file of any other form by the confined decoder, which starts with the first one."""
    from evaluator.decoding import decoder  # loads its libraries only where it is used

    if reader.decoder is None:
        reader.decoder = stack.enter_context(decoder(reader.steps.on_wait))
    reader.decoder.clear()
    try:
        limit = MAX_BYTES_OF_FORM.get(member.form, MAX_UNPACKED_BYTES)
        digest = members.copy(member.path, reader.decoder.input, limit)
    except SubmissionError as error:
        reader.findings.merge(error)
        return
    answer = _answer_to(reader.decoder, _request(member, found, reader), digest, reader.steps)
    # Results hold warnings, and do not depend on how a file's name was written.
    warnings = [replace(warning, file=member.canonical_name) for warning in answer.warnings]
    reader.findings.take(answer.problems, answer.counts, warnings)
    n_kept = answer.detections.confidence.size
    if answer.n_found > n_kept:
        reader.findings.warn(
            ProblemCode.DETECTIONS_LEFT_OUT,
            f"Slide {member.case.slide}: {_count_text(answer.n_found)} detections were found; the "
            f"strongest {n_kept:,} are kept.",
            member.canonical_name,
        )
    if Kind.LESIONS in member.case.kinds:
        reader.geometry[member.case.slide] = answer.used
    _keep(answer.detections, member.case, (member.canonical_name, digest), reader)


def _answer_to(
    decoder: "Decoder", request: DecodeRequest, digest: str, steps: Steps
) -> "SlideAnswer":
    """Ask the decoder, unless an answer to the same request for the same bytes was kept."""
    from evaluator.decoding import checked_answer

    answers = steps.answers
    if answers is None:
        return decoder.read(request)
    key = answer_key(request, digest)
    line = answers.find(key)
    kept = None if line is None else checked_answer(line, request)
    return decoder.read(request, lambda new: answers.keep(key, new)) if kept is None else kept


def _request(member: SlideMember, found: SortedMembers, reader: _Reader) -> DecodeRequest:
    return DecodeRequest(
        form=member.form,
        file=member.file,
        size=SlideSize(member.case.width, member.case.height),
        most=reader.parameters.max_detections_per_slide,
        suppression=found.metadata.suppression,
        told=member.geometry,
        measurement=found.metadata.measurement,
    )


def _count_text(n_found: int) -> str:
    return (
        f"more than {MOST_COUNTED_POINTS:,}" if n_found >= MOST_COUNTED_POINTS else f"{n_found:,}"
    )


def _keep(
    detections: Detections, case: SlideCase, member: tuple[str, str], reader: _Reader
) -> None:
    """Keep what a slide's file holds, with the file's canonical name and digest."""
    reader.n_detections += detections.confidence.size
    if Kind.LESIONS not in case.kinds:
        reader.excluded.append(case.slide)
        return
    reader.submission.detections[case.slide] = detections
    reader.submission.sha256_of[member[0]] = member[1]


def _submitted(found: SortedMembers, reader: _Reader) -> JsonObject:
    """Return the forms and settings that files were read with, for the result's provenance."""
    forms = {member.form for member in found.slides}
    submitted: JsonObject = {"forms": [form.value for form in sorted(forms)]}
    if forms & {*HEATMAP_FORMS, Form.PATCHES}:
        submitted["suppression"] = cast("JsonObject", asdict(found.metadata.suppression))
        submitted["geometry"] = cast("JsonObject", reader.geometry)
    if Form.GEOJSON in forms:
        submitted["measurement"] = found.metadata.measurement
    return submitted


def _is_over_limit(reader: _Reader) -> bool:
    """Whether the submission exceeds a limit, so that reading stops; note the problem."""
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
