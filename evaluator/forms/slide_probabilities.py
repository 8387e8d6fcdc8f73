"""Reads submitted slide confidences: one row a slide, its name and its confidence of metastasis."""

from dataclasses import dataclass

from evaluator.archives import (
    CONFIDENCE_NAMES,
    ProblemPlace,
    Row,
    SlideNames,
    columns_of,
    confidence_in,
    decoded_text,
    has_width,
    split_rows,
)
from evaluator.errors import Findings, ProblemCode, SubmissionError, quoted
from ground_truth.types import Kind

PROBABILITIES_FILE = "slide_probabilities.csv"
"""Name, in digests and problems, of a CSV that is submitted alone."""
PROBABILITY_COLUMNS = {
    "slide": frozenset({"image", "slide", "name"}),
    "confidence": CONFIDENCE_NAMES,
}
_IN_ORDER = {"slide": 0, "confidence": 1}


@dataclass(frozen=True, slots=True)
class SlideConfidences:
    """Confidence of metastasis by slide, for every slide that the kind asks for."""

    by_slide: dict[str, float]


def read_slide_probabilities(
    content: bytes, names: SlideNames, file: str, findings: Findings
) -> SlideConfidences:
    """Parse a slide CSV and check it against the case list; problems go to `findings`."""
    try:
        text = decoded_text(content, file)
    except SubmissionError as error:
        findings.merge(error)
        return SlideConfidences({})
    found = list(split_rows(text, file, findings))
    columns, body, width = _IN_ORDER, found, len(_IN_ORDER)
    if found and _is_header(found[0]):
        located = columns_of(found[0], PROBABILITY_COLUMNS, file, findings)
        if located is None:
            return SlideConfidences({})
        columns, body, width = located, found[1:], len(found[0].cells)
    complete = [
        row for row in body if has_width(row, width, ProblemPlace(findings, file, row.line))
    ]
    confidences = _by_slide(complete, columns, names, ProblemPlace(findings, file, 0))
    for slide in names.missing(confidences):
        findings.problem(ProblemCode.MISSING_SLIDE, f"No row for slide {slide}; add one.", file)
    return SlideConfidences(
        {slide: confidences[slide] for slide in names.wanted if slide in confidences}
    )


def _is_header(row: Row) -> bool:
    known = PROBABILITY_COLUMNS["slide"] | PROBABILITY_COLUMNS["confidence"]
    return any(cell.casefold() in known for cell in row.cells)


def _by_slide(
    found: list[Row], columns: dict[str, int], names: SlideNames, file: ProblemPlace
) -> dict[str, float]:
    line_of: dict[str, int] = {}
    confidences: dict[str, float] = {}
    excluded: list[str] = []
    for row in found:
        place = ProblemPlace(file.findings, file.file, row.line)
        confidence = confidence_in(row.cells[columns["confidence"]], place)
        name = row.cells[columns["slide"]]
        case = names.find(name)
        if case is None:
            detail = f"{quoted(name)} is no slide of this phase; see its case list."
            place.problem(ProblemCode.UNKNOWN_SLIDE, detail)
            continue
        if case.slide in line_of:
            detail = f"Slide {case.slide} is already on line {line_of[case.slide]}; keep one row."
            place.problem(ProblemCode.DUPLICATE_SLIDE, detail)
            continue
        line_of[case.slide] = row.line
        if Kind.SLIDES not in case.kinds:
            excluded.append(case.slide)
        confidences[case.slide] = 0.0 if confidence is None else confidence
    names.note_excluded(excluded, file.findings)
    return confidences
