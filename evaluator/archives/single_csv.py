"""Finds the only CSV of a submission: given alone, in a folder or in a zip."""

from dataclasses import dataclass
from pathlib import Path

from evaluator.archives.archive import Members, SingleFile, open_submission
from evaluator.archives.member_names import file_name, is_csv, report_unexpected
from evaluator.errors import Findings, ProblemCode, SubmissionError, shown_name

MAX_CSV_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class CsvFile:
    """The bytes of a CSV and its name in problems."""

    content: bytes
    file: str


def read_single_csv(path: Path, name: str, n_slides: int, findings: Findings) -> CsvFile | None:
    """Return the one CSV of a submission, at most 1 MiB.

    Parameters
    ----------
    path : Path
        A zip, a folder or the CSV itself.
    name : str
        Name of a CSV that is submitted alone, whose upload name is not kept.
    n_slides : int
        Slides of the case list, which bound the files that a zip or folder may hold.
    findings : Findings
        Gets the problems; None is returned when one of them leaves nothing to read.
    """
    try:
        with open_submission(path, n_slides, findings) as members:
            if isinstance(members, SingleFile):
                return CsvFile(members.read(name, MAX_CSV_BYTES), name)
            return _only_csv(members, findings)
    except SubmissionError as error:
        findings.merge(error)
        return None


def _only_csv(members: Members, findings: Findings) -> CsvFile | None:
    found = [member for member in members.paths if is_csv(member)]
    for member in members.paths:
        if not is_csv(member):
            report_unexpected(member, findings)
    if not found:
        findings.problem(ProblemCode.NO_CSV, "There is no .csv file in the submission; add it.")
        return None
    if len(found) > 1:
        detail = f"{len(found)} .csv files where one is expected; send one."
        findings.problem(ProblemCode.SEVERAL_CSV, detail, shown_name(found[1]))
        return None
    return CsvFile(members.read(found[0], MAX_CSV_BYTES), shown_name(file_name(found[0])))
