"""Reads CAMELYON17's stages.csv: patients' pN stages and the category of each lymph node."""

import re
from collections.abc import Iterable

from ground_truth.errors import Problem, TruthError
from ground_truth.names import stem_of
from ground_truth.tables import Row, Table, read_table, records_by_name, require_columns
from ground_truth.types import PatientTruth

PN_STAGES = ("pN0", "pN0(i+)", "pN1mi", "pN1", "pN2")
"""Stages in rising order (CAMELYON17, after the TNM classification, 7th edition)."""

NODE_CATEGORIES = ("negative", "itc", "micro", "macro")

PATIENTS_PER_CENTRE = 20
"""CAMELYON17's training patients come from five centres, twenty from each, in order."""

_COLUMNS = {
    "patient": ("patient",),
    "stage": ("stage",),
    "centre": ("center", "centre"),
}
_STAGES = {stage.casefold(): stage for stage in PN_STAGES}
_NODE = re.compile(r"(?P<patient>.+)_node_[0-9]+")
_NUMBERED = re.compile(r"patient_(?P<number>[0-9]{1,6})")

StageEntry = tuple[int, str, str | None]
"""Line, stage or category, and centre where the table has the column."""


def read_stages(content: bytes, file: str) -> tuple[PatientTruth, ...]:
    """Read patients in name order; rows named ``..._node_N`` are nodes, all others patients.

    The centre is the column's where there is one, else the patient's number divided by twenty.

    Raises
    ------
    TruthError
        With every problem, by line.
    """
    table = read_table(content, file, _COLUMNS)
    require_columns(table, file, ("patient", "stage"))
    entries = records_by_name(table.rows, file, lambda row: _entry_of(table, row))
    patients = {name: entry for name, entry in entries.items() if not _NODE.fullmatch(name)}
    nodes: dict[str, dict[str, StageEntry]] = {name: {} for name in patients}
    problems = []
    for name, entry in entries.items():
        if match := _NODE.fullmatch(name):
            if match["patient"] in nodes:
                nodes[match["patient"]][name] = entry
            else:
                problems.append(Problem(file, entry[0], f"{name} belongs to no patient here"))
    problems += _patient_problems(patients, nodes, file)
    if problems:
        raise TruthError(sorted(problems, key=lambda problem: problem.line or 0))
    return tuple(
        PatientTruth(
            patient=name,
            stage=stage,
            centre=_centre(name, centre),
            nodes={node: category for node, (_, category, _) in nodes[name].items()},
        )
        for name, (_, stage, centre) in patients.items()
    )


def node_lines(content: bytes, file: str) -> dict[str, int]:
    """Return the line of each node in a table that `read_stages` has read."""
    table = read_table(content, file, _COLUMNS)
    return {stem_of(table.cell(row, "patient")): row.line for row in table.rows}


def _entry_of(table: Table, row: Row) -> tuple[str, StageEntry]:
    name = stem_of(table.cell(row, "patient"))
    word = table.cell(row, "stage").casefold()
    centre = table.cell(row, "centre") if "centre" in table.columns else None
    if centre == "":
        raise ValueError(f"{name} has no centre")
    if _NODE.fullmatch(name):
        if word not in NODE_CATEGORIES:
            raise ValueError(
                f"{word[:40]!r} is no category of a node: {_joined_with_or(NODE_CATEGORIES)}"
            )
        return name, (row.line, word, centre)
    if word not in _STAGES:
        raise ValueError(f"{word[:40]!r} is no stage of a patient: {_joined_with_or(PN_STAGES)}")
    return name, (row.line, _STAGES[word], centre)


def _patient_problems(
    patients: dict[str, StageEntry], nodes: dict[str, dict[str, StageEntry]], file: str
) -> Iterable[Problem]:
    if not patients:
        yield Problem(file, None, "no patient")
    for name, (line, _, centre) in patients.items():
        if not nodes[name]:
            yield Problem(file, line, f"{name} has no node")
        for node, (node_line, _, node_centre) in nodes[name].items():
            if node_centre != centre:
                yield Problem(file, node_line, f"{node} has another centre than its patient")


def _centre(patient: str, centre: str | None) -> str | None:
    if centre is not None:
        return centre
    match = _NUMBERED.fullmatch(patient)
    return str(int(match["number"]) // PATIENTS_PER_CENTRE) if match else None


def _joined_with_or(words: Iterable[str]) -> str:
    *most, last = words
    return f"write {', '.join(most)} or {last}"
