"""Defines what can be wrong with a submission: code, file, line and plain words."""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

PROBLEMS_LISTED_PER_FILE = 100
PROBLEMS_LISTED = 1000
SHOWN_TEXT_LIMIT = 60
SHOWN_NAME_LIMIT = 200


class ProblemCode(StrEnum):
    """Every code a participant may meet; stable, explained in docs/problem-codes.md."""

    # The file as a whole: these refuse a submission.
    BROKEN_ZIP = "broken_zip"
    UNSUPPORTED_ARCHIVE = "unsupported_archive"
    ARCHIVE_NEEDED = "archive_needed"
    ZIP_OVERLAP = "zip_overlap"
    ZIP_HEADERS_DISAGREE = "zip_headers_disagree"
    ZIP_ENCRYPTED = "zip_encrypted"
    ZIP_METHOD = "zip_method"
    CORRUPT_MEMBER = "corrupt_member"
    UNSAFE_NAME = "unsafe_name"
    NOT_A_REGULAR_FILE = "not_a_regular_file"
    DUPLICATE_NAME = "duplicate_name"
    NESTED_FOLDER = "nested_folder"
    NESTED_ARCHIVE = "nested_archive"
    UNEXPECTED_FILE = "unexpected_file"
    TOO_MANY_MEMBERS = "too_many_members"
    MEMBER_TOO_LARGE = "member_too_large"
    SUBMISSION_TOO_LARGE = "submission_too_large"
    NO_CSV = "no_csv"
    SEVERAL_CSV = "several_csv"
    MIXED_FORMS = "mixed_forms"
    DECODER_STOPPED = "decoder_stopped"
    DECODER_TIMEOUT = "decoder_timeout"

    # What is said about heatmaps.
    BAD_JSON = "bad_json"
    BAD_METADATA = "bad_metadata"
    CHOICE_NOT_ALLOWED = "choice_not_allowed"
    MISSING_GEOMETRY = "missing_geometry"
    HEATMAP_SIZE = "heatmap_size"
    HEATMAP_TRANSPOSED = "heatmap_transposed"
    HEATMAP_OUTSIDE_SLIDE = "heatmap_outside_slide"
    RADIUS_TOO_SMALL = "radius_too_small"

    # The heatmap itself.
    BROKEN_IMAGE = "broken_image"
    UNSUPPORTED_IMAGE = "unsupported_image"
    IMAGE_TOO_LARGE = "image_too_large"
    TOO_MANY_IMAGES = "too_many_images"
    LOSSY_COMPRESSION = "lossy_compression"
    COLOUR_IMAGE = "colour_image"
    SEVERAL_CHANNELS = "several_channels"
    UNSUPPORTED_TYPE = "unsupported_type"
    PICKLED_ARRAY = "pickled_array"
    SEVERAL_ARRAYS = "several_arrays"
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    REPEATED_PATCH = "repeated_patch"
    TOO_MANY_PATCHES = "too_many_patches"
    UNSUPPORTED_SHAPE = "unsupported_shape"

    # The text of a CSV.
    NOT_UTF8 = "not_utf8"
    NUL_BYTE = "nul_byte"
    LINE_TOO_LONG = "line_too_long"
    BAD_QUOTES = "bad_quotes"
    RAGGED_ROW = "ragged_row"
    MISSING_COLUMN = "missing_column"
    REPEATED_COLUMN = "repeated_column"
    MISSING_VALUE = "missing_value"
    NOT_A_NUMBER = "not_a_number"
    DECIMAL_COMMA = "decimal_comma"

    # What the rows say.
    CONFIDENCE_OUT_OF_RANGE = "confidence_out_of_range"
    OUTSIDE_SLIDE = "outside_slide"
    TOO_MANY_DETECTIONS = "too_many_detections"
    TOO_MANY_DETECTIONS_IN_ALL = "too_many_detections_in_all"
    MISSING_SLIDE = "missing_slide"
    UNKNOWN_SLIDE = "unknown_slide"
    DUPLICATE_SLIDE = "duplicate_slide"
    MISSING_PATIENT = "missing_patient"
    UNKNOWN_PATIENT = "unknown_patient"
    UNKNOWN_NODE = "unknown_node"
    DUPLICATE_PATIENT = "duplicate_patient"
    DUPLICATE_NODE = "duplicate_node"
    UNKNOWN_STAGE = "unknown_stage"
    UNKNOWN_CATEGORY = "unknown_category"

    # Notices: something was skipped, nothing is wrong.
    SKIPPED_FILE = "skipped_file"
    INDEX_COLUMN = "index_column"
    UNKNOWN_COLUMN = "unknown_column"
    EXCLUDED_SLIDE = "excluded_slide"
    INCOMPLETE_NODES = "incomplete_nodes"

    # Warnings: accepted and scored, but probably not what was meant.
    AXES_SWAPPED = "axes_swapped"
    AXES_UNKNOWN = "axes_unknown"
    DETECTIONS_LEFT_OUT = "detections_left_out"
    FEW_CONFIDENCES = "few_confidences"
    SATURATED_CONFIDENCES = "saturated_confidences"
    LARGE_TIE_GROUP = "large_tie_group"
    PER_SLIDE_SCALING = "per_slide_scaling"
    STAGE_CONTRADICTS_NODES = "stage_contradicts_nodes"


RESOURCE_LIMITS = frozenset(
    {
        ProblemCode.DECODER_STOPPED,
        ProblemCode.DECODER_TIMEOUT,
        ProblemCode.IMAGE_TOO_LARGE,
        ProblemCode.MEMBER_TOO_LARGE,
        ProblemCode.SUBMISSION_TOO_LARGE,
    }
)
"""Codes of files that need more time or memory than there is; a service refunds such attempts
only a few times."""


class ProblemJson(TypedDict):
    """A problem or remark as JSON."""

    code: str
    detail: str
    file: str | None
    line: int | None


class ProblemsJson(TypedDict):
    """All listed problems and the true number of each code, as JSON."""

    problems: list[ProblemJson]
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Problem:
    """One remark on a submission; `line` counts from 1, None where it concerns no line."""

    code: ProblemCode
    detail: str
    file: str | None = None
    line: int | None = None

    def to_json(self) -> ProblemJson:
        """Return the JSON object of the contract."""
        return {
            "code": str(self.code),
            "detail": self.detail,
            "file": self.file,
            "line": self.line,
        }


class SubmissionError(Exception):
    """A submission that cannot be scored, with everything that is wrong with it.

    Attributes
    ----------
    problems : tuple of Problem
        The first 100 a file and 1,000 in all, in file and line order.
    counts : dict of str to int
        True number of problems by code, the unlisted ones included.
    """

    def __init__(
        self, problems: Iterable[Problem], counts: dict[ProblemCode, int] | None = None
    ) -> None:
        self.problems = tuple(problems)
        self.counts = counts or dict(Counter(problem.code for problem in self.problems))
        super().__init__(f"{sum(self.counts.values())} problem(s) in the submission")

    def to_json(self) -> ProblemsJson:
        """Return ``{"problems": [...], "counts": {...}}``."""
        return problems_to_json(self.problems, self.counts)


class Findings:
    """Collects the problems, notices and warnings of one submission within fixed memory."""

    def __init__(self) -> None:
        self._by_file: dict[str, list[Problem]] = {}
        self._notices: dict[str, list[Problem]] = {}
        self._warnings: dict[str, list[Problem]] = {}
        self.counts: Counter[ProblemCode] = Counter()

    def problem(
        self, code: ProblemCode, detail: str, file: str | None = None, line: int | None = None
    ) -> None:
        """Note a fault for which the submission is refused."""
        self.counts[code] += 1
        kept = self._by_file.get(file or "", [])
        if len(kept) < PROBLEMS_LISTED_PER_FILE or (line or 0) < _line(kept[-1]):
            _keep_first(self._by_file, Problem(code, detail, file, line))

    def notice(
        self, code: ProblemCode, detail: str, file: str | None = None, line: int | None = None
    ) -> None:
        """Note what was skipped."""
        _keep_first(self._notices, Problem(code, detail, file, line))

    def warn(
        self, code: ProblemCode, detail: str, file: str | None = None, line: int | None = None
    ) -> None:
        """Note what is scored unchanged though it is probably a mistake."""
        _keep_first(self._warnings, Problem(code, detail, file, line))

    def merge(self, error: SubmissionError) -> None:
        """Add the problems of an error raised while reading one part."""
        self.take(error.problems, error.counts)

    def take(
        self,
        problems: Iterable[Problem],
        counts: Mapping[ProblemCode, int],
        warnings: Iterable[Problem] = (),
    ) -> None:
        """Add listed problems with their true counts, and warnings."""
        for problem in problems:
            _keep_first(self._by_file, problem)
        self.counts.update(counts)
        for warning in warnings:
            _keep_first(self._warnings, warning)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Listed problems in file and line order."""
        return _in_order(self._by_file)

    @property
    def notices(self) -> tuple[Problem, ...]:
        """Listed notices in file and line order."""
        return _in_order(self._notices)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Listed warnings in file and line order."""
        return _in_order(self._warnings)

    def raise_problems(self) -> None:
        """Raise SubmissionError with all problems, if there is one."""
        if self.counts:
            raise SubmissionError(self.problems, dict(self.counts))


def problems_to_json(
    problems: Iterable[Problem], counts: dict[ProblemCode, int] | Counter[ProblemCode]
) -> ProblemsJson:
    """Return the contract's object for problems that are listed and counted."""
    return {
        "problems": [problem.to_json() for problem in problems],
        "counts": {str(code): counts[code] for code in sorted(counts)},
    }


def quoted(text: str) -> str:
    """Return a participant's own text for an error message: short, printable, in quotes."""
    return f"'{_printable(text, SHOWN_TEXT_LIMIT)}'"


def shown_name(name: str) -> str:
    """Return a participant's own file name, short and printable."""
    return _printable(name, SHOWN_NAME_LIMIT)


def _printable(text: str, limit: int) -> str:
    kept = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text[:limit]
    )
    return kept if len(text) <= limit else kept + "…"


def _keep_first(by_file: dict[str, list[Problem]], problem: Problem) -> None:
    kept = by_file.setdefault(problem.file or "", [])
    if len(kept) < PROBLEMS_LISTED_PER_FILE or _line(problem) < _line(kept[-1]):
        insort(kept, problem, key=_line)
        del kept[PROBLEMS_LISTED_PER_FILE:]


def _line(problem: Problem) -> int:
    return problem.line or 0


def _in_order(by_file: dict[str, list[Problem]]) -> tuple[Problem, ...]:
    ordered = [problem for file in sorted(by_file) for problem in by_file[file]]
    return tuple(ordered[:PROBLEMS_LISTED])
