"""Lists slides left out of a kind, with reasons: CAMELYON16's own or an organiser's file."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ground_truth.errors import Problem
from ground_truth.names import stem_of
from ground_truth.tables import Row, Table, read_table, records_by_name, require_columns
from ground_truth.types import Kind

_COLUMNS = {"slide": ("slide", "image", "name"), "kind": ("kind",), "reason": ("reason",)}
_KINDS = {
    "lesions": frozenset({Kind.LESIONS}),
    "slides": frozenset({Kind.SLIDES}),
    "all": frozenset({Kind.LESIONS, Kind.SLIDES}),
}
_NOT_EXHAUSTIVE = "not exhaustively annotated"
_NOT_EXHAUSTIVE_TRAINING = (
    *(10, 15, 18, 20, 25, 29, 33, 34, 44, 46),
    *(51, 54, 55, 56, 67, 79, 85, 92, 95, 110),
)
"""Numbers of the training slides that the data set's README says are not fully annotated."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One slide left out; ``kind`` is lesions, slides or all."""

    slide: str
    kind: str
    reason: str
    line: int | None = field(default=None, compare=False)

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds that the slide is left out of."""
        return _KINDS[self.kind]


CAMELYON16_EXCLUSIONS = (
    Exclusion("test_049", "all", "duplicate of another slide"),
    Exclusion("test_114", "lesions", _NOT_EXHAUSTIVE),
    *(
        Exclusion(f"tumor_{number:03d}", "lesions", _NOT_EXHAUSTIVE)
        for number in _NOT_EXHAUSTIVE_TRAINING
    ),
)
"""In force where an organiser gives no file (the data set's README and errata)."""


def read_exclusions(content: bytes, file: str) -> tuple[Exclusion, ...]:
    """Read a CSV ``slide,kind,reason``, which replaces the whole default list.

    Raises
    ------
    TruthError
        With every problem, by line.
    """
    table = read_table(content, file, _COLUMNS)
    require_columns(table, file, tuple(_COLUMNS))
    return tuple(records_by_name(table.rows, file, lambda row: _exclusion_of(table, row)).values())


def kinds_left(
    slide: str, kinds: frozenset[Kind], exclusions: Iterable[Exclusion]
) -> frozenset[Kind]:
    """Return the kinds a slide keeps."""
    return kinds.difference(*(each.kinds for each in exclusions if each.slide == slide))


def unknown_slides(
    exclusions: Iterable[Exclusion], slides: Iterable[str], file: str
) -> list[Problem]:
    """Return a problem for each exclusion of a slide that is not there: a typing error."""
    known = set(slides)
    return [
        Problem(file, each.line, f"excludes {each.slide}, which is not in the reference")
        for each in exclusions
        if each.slide not in known
    ]


def _exclusion_of(table: Table, row: Row) -> tuple[str, Exclusion]:
    slide = stem_of(table.cell(row, "slide"))
    kind, reason = table.cell(row, "kind").casefold(), table.cell(row, "reason")
    if kind not in _KINDS:
        raise ValueError(f"{kind[:40]!r} is no kind: write lesions, slides or all")
    if not reason:
        raise ValueError(f"{slide} is excluded without a reason")
    return f"{slide} for {kind}", Exclusion(slide, kind, reason, row.line)
