"""Reads a submitted staging CSV: the pN stage of every patient, and node categories if given."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from evaluator.archives import ProblemPlace, Row, columns_of, decoded_text, has_width, split_rows
from evaluator.errors import Findings, ProblemCode, SubmissionError, quoted
from evaluator.metrics.staging import NODE_CATEGORIES, STAGES, stage_from_nodes
from ground_truth.reference import CaseList, PatientCase

STAGES_FILE = "stages.csv"
"""Name, in digests and problems, of a CSV that is submitted alone."""
STAGE_COLUMNS = {"patient": frozenset({"patient"}), "stage": frozenset({"stage"})}
_IN_ORDER = {"patient": 0, "stage": 1}

_NOT_IN_A_STAGE = re.compile(r"[^0-9a-z]")
_STAGE_OF = {stage.casefold(): stage for stage in STAGES}
_CATEGORY_OF = {category: category for category in NODE_CATEGORIES}
_SUGGESTED_STAGE = {_NOT_IN_A_STAGE.sub("", stage.casefold()): stage for stage in STAGES}
_SUGGESTED_CATEGORY = {"normal": "negative", "none": "negative", "neg": "negative", "itcs": "itc"}


@dataclass(frozen=True, slots=True)
class SubmittedStages:
    """Stage by patient, and category by node; nodes may be missing, patients not."""

    stage_of: dict[str, str] = field(default_factory=dict)
    category_of: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Reader:
    """The rows read so far."""

    place: ProblemPlace
    patients: dict[str, str]
    nodes: dict[str, str]
    submitted: SubmittedStages = field(default_factory=SubmittedStages)
    line_of: dict[str, int] = field(default_factory=dict)


def read_stages(content: bytes, cases: CaseList, file: str, findings: Findings) -> SubmittedStages:
    """Parse a staging CSV and check it against the case list; problems go to `findings`."""
    try:
        text = decoded_text(content, file)
    except SubmissionError as error:
        findings.merge(error)
        return SubmittedStages()
    found = list(split_rows(text, file, findings))
    columns, body, width = _IN_ORDER, found, len(_IN_ORDER)
    if found and _is_header(found[0]):
        located = columns_of(found[0], STAGE_COLUMNS, file, findings)
        if located is None:
            return SubmittedStages()
        columns, body, width = located, found[1:], len(found[0].cells)
    reader = _Reader(
        ProblemPlace(findings, file, 0),
        {case.patient.casefold(): case.patient for case in cases.patients},
        {node.casefold(): node for case in cases.patients for node in case.nodes},
    )
    for row in body:
        place = ProblemPlace(findings, file, row.line)
        if has_width(row, width, place):
            _take(row.cells[columns["patient"]], row.cells[columns["stage"]], place, reader)
    _compare(reader, cases.patients)
    return reader.submitted


def complete_nodes(submitted: SubmittedStages, nodes: Iterable[str]) -> tuple[str, ...] | None:
    """Return the submitted categories of a patient's nodes, None unless all are given."""
    found = [submitted.category_of.get(node) for node in nodes]
    given = tuple(category for category in found if category is not None)
    return given if given and len(given) == len(found) else None


def _is_header(row: Row) -> bool:
    return any(cell.casefold() in _IN_ORDER for cell in row.cells)


def _take(name: str, value: str, place: ProblemPlace, reader: _Reader) -> None:
    stem = PurePosixPath(name).stem.casefold() if name else ""
    patient = reader.patients.get(name.casefold()) or reader.patients.get(stem)
    node = reader.nodes.get(name.casefold()) or reader.nodes.get(stem)
    if patient:
        stage = _stage_in(value, place)
        if _is_first(patient, ProblemCode.DUPLICATE_PATIENT, place, reader):
            reader.submitted.stage_of[patient] = stage or STAGES[0]
    elif node:
        category = _category_in(value, place)
        if _is_first(node, ProblemCode.DUPLICATE_NODE, place, reader):
            reader.submitted.category_of[node] = category or NODE_CATEGORIES[0]
    elif "_node_" in stem:
        detail = f"{quoted(name)} is no node of this phase; see its case list."
        place.problem(ProblemCode.UNKNOWN_NODE, detail)
    else:
        detail = f"{quoted(name)} is no patient of this phase; see its case list."
        place.problem(ProblemCode.UNKNOWN_PATIENT, detail)


def _is_first(name: str, code: ProblemCode, place: ProblemPlace, reader: _Reader) -> bool:
    first = reader.line_of.setdefault(name, place.line)
    if first != place.line:
        place.problem(code, f"{name} is already on line {first}; keep one row.")
    return first == place.line


def _stage_in(value: str, place: ProblemPlace) -> str | None:
    stage = _STAGE_OF.get(value.casefold())
    if stage is None:
        meant = _SUGGESTED_STAGE.get(_suggestion_key(value))
        _report_word(ProblemCode.UNKNOWN_STAGE, value, STAGES, meant, place)
    return stage


def _suggestion_key(value: str) -> str:
    letters = _NOT_IN_A_STAGE.sub("", value.casefold())
    return letters if letters.startswith("p") else f"p{letters}"


def _category_in(value: str, place: ProblemPlace) -> str | None:
    category = _CATEGORY_OF.get(value.casefold())
    if category is None:
        meant = _SUGGESTED_CATEGORY.get(value.casefold())
        _report_word(ProblemCode.UNKNOWN_CATEGORY, value, NODE_CATEGORIES, meant, place)
    return category


def _report_word(
    code: ProblemCode, value: str, allowed: Sequence[str], meant: str | None, place: ProblemPlace
) -> None:
    suggestion = f"did you mean {meant}?" if meant else f"write one of {', '.join(allowed)}."
    what = "pN stage" if code is ProblemCode.UNKNOWN_STAGE else "node category"
    place.problem(code, f"{quoted(value)} is no {what}; {suggestion}")


def _compare(reader: _Reader, patients: Sequence[PatientCase]) -> None:
    """Note missing patients, patients with some nodes only, and stages that nodes contradict."""
    findings, file = reader.place.findings, reader.place.file
    submitted = reader.submitted
    incomplete: list[str] = []
    for case in patients:
        stage = submitted.stage_of.get(case.patient)
        if stage is None:
            detail = f"No row for {case.patient}; add one with its pN stage."
            findings.problem(ProblemCode.MISSING_PATIENT, detail, file)
        categories = complete_nodes(submitted, case.nodes)
        if categories is None:
            if any(node in submitted.category_of for node in case.nodes):
                incomplete.append(case.patient)
        elif stage not in {None, stage_from_nodes(categories)}:
            detail = (
                f"{case.patient} is {stage}, but its nodes give {stage_from_nodes(categories)}."
            )
            line = reader.line_of[case.patient]
            # Results hold warnings, and do not depend on the CSV's name.
            findings.warn(ProblemCode.STAGE_CONTRADICTS_NODES, detail, STAGES_FILE, line)
    if incomplete:
        findings.notice(
            ProblemCode.INCOMPLETE_NODES,
            f"Some nodes are missing, so no node metrics, for: {', '.join(sorted(incomplete))}.",
            file,
        )
