"""Reads what a submission says of its heatmaps: geometry, suppression, confidence name.

It may say so in ``submission.toml`` for all slides or one, in a JSON file beside a slide's file,
or in the keys of an NPZ; the source nearest to the slide has precedence.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any

from evaluator.archives import parsed_json
from evaluator.errors import Findings, Problem, ProblemCode, SubmissionError, quoted
from evaluator.results import CHOSEN_NUMBERS, LesionParameters, Suppression, Ties

MAX_METADATA_BYTES = 64 * 1024
SUBMISSION_FILE = "submission.toml"

TOP_LEFT, CENTRE = "top_left", "centre"
ROWS_FIRST, COLUMNS_FIRST = "yx", "xy"

_LARGEST = 2.0**20
_LONGEST_LINE = 2048
_LONGEST_WORD = 200
_POSITIVE = ("stride_x", "stride_y", "scale_max", "patch_size")
_ORIGINS = ("origin_x", "origin_y")
_WORDS = {"axes": (ROWS_FIRST, COLUMNS_FIRST), "anchor": (TOP_LEFT, CENTRE)}
GEOMETRY_KEYS = frozenset({*_POSITIVE, *_ORIGINS, *_WORDS})
_TABLES = ("geojson", "heatmap", "slides", "suppression")
_TOML_LINE = re.compile(r"at line (\d+)")

GeometryJson = dict[str, float | str]


@dataclass(frozen=True, slots=True)
class GeometryChoice:
    """What is said of one slide's heatmap or patches; lengths in level-0 pixels.

    Attributes
    ----------
    axes : str or None
        ``yx`` where the first index of the array is the row, ``xy`` where it is the column.
    scale_max : float or None
        The value that stands for confidence 1.
    patch_size : float or None
        Side of a patch; with it, a CSV is a patch grid.
    anchor : str or None
        What the x and y of a patch are: its ``top_left`` corner or its ``centre``.
    """

    stride_x: float | None = None
    stride_y: float | None = None
    origin_x: float = 0.0
    origin_y: float = 0.0
    axes: str | None = None
    scale_max: float | None = None
    patch_size: float | None = None
    anchor: str | None = None

    def to_json(self) -> GeometryJson:
        """Return the values that were said."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What ``submission.toml`` says; slides are named as written there until they are looked up."""

    suppression: Suppression
    default_geometry: GeometryJson = field(default_factory=dict)
    by_slide: Mapping[str, GeometryJson] = field(default_factory=dict)
    measurement: str | None = None

    def geometry_for(self, slide: str) -> GeometryJson:
        """Return the geometry that it tells for one slide."""
        return {**self.default_geometry, **self.by_slide.get(slide, {})}


@dataclass(frozen=True, slots=True)
class _MetadataText:
    """A metadata file that problems name, with the line of a key."""

    text: str
    file: str
    findings: Findings
    table: str = ""

    def fault(self, code: ProblemCode, key: str, detail: str) -> None:
        at = self.text.find(key, max(0, self.text.find(self.table)))
        line = self.text.count("\n", 0, at) + 1 if at >= 0 else None
        self.findings.problem(code, detail, self.file, line)


def read_submission_toml(
    content: bytes, parameters: LesionParameters, findings: Findings
) -> Metadata:
    """Read ``submission.toml``; its problems go to `findings`."""
    default = Metadata(parameters.suppression)
    try:
        text, body = _parsed_toml(content)
    except SubmissionError as error:
        findings.merge(error)
        return default
    place = _MetadataText(text, SUBMISSION_FILE, findings)
    tables = {name: _table(body.get(name, {}), name, place) for name in _TABLES}
    within = {name: replace(place, table=name) for name in _TABLES}
    for name in sorted(body.keys() - set(_TABLES)):
        detail = f"{quoted(name)} is unknown; there may be [{'], ['.join(_TABLES)}]."
        place.fault(ProblemCode.BAD_METADATA, name, detail)
    return Metadata(
        suppression=_suppression(tables["suppression"], parameters, within["suppression"]),
        default_geometry=_geometry(tables["heatmap"], within["heatmap"]),
        by_slide={
            slide: _geometry(_table(stated, slide, place), replace(place, table=slide))
            for slide, stated in tables["slides"].items()
        },
        measurement=_measurement(tables["geojson"], within["geojson"]),
    )


def read_geometry_json(content: bytes, file: str, findings: Findings) -> GeometryJson:
    """Read the JSON file beside a slide's file: geometry only."""
    try:
        body = parsed_json(content, file)
    except SubmissionError as error:
        findings.merge(error)
        return {}
    place = _MetadataText(content.decode("utf-8-sig"), file, findings)
    return _geometry(_table(body, "the file", place), place)


def checked_geometry(stated: Mapping[str, Any], file: str, findings: Findings) -> GeometryJson:
    """Check the geometry of a file that has no lines, such as an NPZ."""
    return _geometry(stated, _MetadataText("", file, findings))


def geometry_choice(stated: GeometryJson, file: str, findings: Findings) -> GeometryChoice | None:
    """Build a slide's geometry; where half of it is missing, note a problem and return None."""
    if ("stride_x" in stated) != ("stride_y" in stated):
        detail = "stride_x and stride_y are needed together."
    elif "stride_x" not in stated and stated.keys() & set(_ORIGINS):
        detail = "An origin needs stride_x and stride_y beside it."
    elif "patch_size" in stated and "anchor" not in stated:
        detail = 'patch_size needs an anchor: "top_left" or "centre", whichever x and y are.'
    elif "patch_size" in stated and stated.keys() - {"patch_size", "anchor"}:
        detail = "A patch grid takes patch_size and anchor only."
    elif "anchor" in stated and "patch_size" not in stated:
        detail = "anchor needs a patch_size, in level-0 pixels."
    else:
        return GeometryChoice(**stated)  # type: ignore[arg-type] # checked key by key by _geometry
    findings.problem(ProblemCode.MISSING_GEOMETRY, detail, file)
    return None


def _parsed_toml(content: bytes) -> tuple[str, dict[str, Any]]:
    code = ProblemCode.BAD_METADATA
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        detail = "The text is not UTF-8; save it as UTF-8."
        raise _refused(ProblemCode.NOT_UTF8, detail, line) from None
    for number, line_of_text in enumerate(text.split("\n"), start=1):
        if len(line_of_text) > _LONGEST_LINE:
            detail = f"A line may have {_LONGEST_LINE:,} characters; shorten it."
            raise _refused(ProblemCode.LINE_TOO_LONG, detail, number)
    try:
        return text, tomllib.loads(text)
    except RecursionError:
        raise _refused(code, "Nested too deep; write it flatter.", None) from None
    except ValueError as error:
        found = _TOML_LINE.search(str(error))  # or else "at end of document"
        detail = "Not valid TOML (https://toml.io): check quotes, brackets and repeated keys."
        line = int(found[1]) if found else len(text.splitlines())
        raise _refused(code, detail, line) from None


def _refused(code: ProblemCode, detail: str, line: int | None) -> SubmissionError:
    return SubmissionError([Problem(code, detail, SUBMISSION_FILE, line)])


def _table(value: object, name: str, place: _MetadataText) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    detail = f"{quoted(name)} must hold keys with values."
    place.fault(ProblemCode.BAD_METADATA, name, detail)
    return {}


def _geometry(stated: Mapping[str, Any], place: _MetadataText) -> GeometryJson:
    found: GeometryJson = {}
    for key, value in stated.items():
        fault = _geometry_fault(key, value)
        if fault:
            place.fault(ProblemCode.BAD_METADATA, key, f"{quoted(key)} {fault}.")
        else:
            found[key] = value if isinstance(value, str) else float(value)
    return found


def _geometry_fault(key: str, value: Any) -> str:
    if key in _WORDS:
        return "" if value in _WORDS[key] else f"must be one of {', '.join(_WORDS[key])}"
    if key not in GEOMETRY_KEYS:
        return f"is unknown; known are {', '.join(sorted(GEOMETRY_KEYS))}"
    if not _is_number(value):
        return "must be a number"
    lowest = -_LARGEST if key in _ORIGINS else 0.0
    inside = lowest <= value <= _LARGEST and (key in _ORIGINS or value > 0.0)
    return "" if inside else f"must lie between {lowest:g} and 2^20"


def _is_number(value: Any) -> bool:
    """Whether it is a finite number; whole ones may have any number of digits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= _LARGEST if isinstance(value, int) else isfinite(value)


def _suppression(
    stated: Mapping[str, Any], parameters: LesionParameters, place: _MetadataText
) -> Suppression:
    chosen = asdict(parameters.suppression)
    for key, value in stated.items():
        code, fault = _suppression_fault(key, value, parameters)
        if fault:
            place.fault(code, key, f"{quoted(key)} {fault}.")
        else:
            chosen[key] = Ties(value) if key == "ties" else float(value)
    return Suppression(**chosen)


def _suppression_fault(
    key: str, value: Any, parameters: LesionParameters
) -> tuple[ProblemCode, str]:
    code = ProblemCode.BAD_METADATA
    if key == "ties":
        if value not in list(Ties):
            return code, f"must be one of {', '.join(Ties)}"
        may_choose = parameters.allows_chosen_ties or value == parameters.ties
        return ProblemCode.CHOICE_NOT_ALLOWED, "" if may_choose else "is fixed by this phase"
    if key not in CHOSEN_NUMBERS:
        return code, f"is unknown; known are {', '.join([*CHOSEN_NUMBERS, 'ties'])}"
    if not _is_number(value):
        return code, "must be a number"
    low = getattr(parameters, f"lowest_{key}")
    high = getattr(parameters, f"highest_{key}")
    fault = "" if low <= value <= high else f"must lie between {low:g} and {high:g} in this phase"
    return ProblemCode.CHOICE_NOT_ALLOWED, fault


def _measurement(stated: Mapping[str, Any], place: _MetadataText) -> str | None:
    for key in stated.keys() - {"measurement"}:
        detail = f"{quoted(key)} is unknown; known is measurement."
        place.fault(ProblemCode.BAD_METADATA, key, detail)
    name = stated.get("measurement")
    if name is None or (isinstance(name, str) and 0 < len(name) <= _LONGEST_WORD):
        return name
    detail = "measurement must be the name of the measurement that holds the confidence."
    place.fault(ProblemCode.BAD_METADATA, "measurement", detail)
    return None
