"""Writes the difference between two truth versions as lines for people."""

from collections.abc import Iterable, Iterator

from ground_truth.lesions import RegionChange, RegionFacts
from ground_truth.reference import Exclusion
from ground_truth.versions.diff import Difference, FieldChange, StageChange


def difference_lines(found: Difference) -> Iterator[str]:
    """Yield one line a change, grouped; a single line where there is none."""
    yield f"{found.before} -> {found.after}"
    if found.changelog:
        yield f"changelog: {found.changelog}"
    lines = [
        *_names("slide added", found.slides_added),
        *_names("slide removed", found.slides_removed),
        *(_field("slide", change) for change in found.slides_changed),
        *(_region(change) for change in found.regions),
        *(_stage(row) for row in found.stages),
        *_names("patient whose stage differs", found.patients),
        *(_field("parameter", change) for change in found.parameters),
        *_exclusions("exclusion added", found.exclusions_added),
        *_exclusions("exclusion removed", found.exclusions_removed),
        *(_source(change) for change in found.sources),
    ]
    yield from lines or ["nothing differs"]


def _names(heading: str, names: Iterable[str]) -> Iterator[str]:
    return (f"{heading}: {name}" for name in names)


def _exclusions(heading: str, exclusions: Iterable[Exclusion]) -> Iterator[str]:
    return (f"{heading}: {each.slide} from {each.kind}: {each.reason}" for each in exclusions)


def _field(heading: str, change: FieldChange) -> str:
    place = change.field if heading == "parameter" else f"{change.name} {change.field}"
    return f"{heading} changed: {place}: {_or_none(change.before)} -> {_or_none(change.after)}"


def _source(change: FieldChange) -> str:
    verb = "added" if change.before is None else "removed" if change.after is None else "changed"
    return f"source {verb}: {change.field}"


def _stage(row: StageChange) -> str:
    verb = "added" if row.before is None else "removed" if row.after is None else "changed"
    return f"{row.field} {verb}: {row.name}: {_or_none(row.before)} -> {_or_none(row.after)}"


def _region(change: RegionChange) -> str:
    before = " + ".join(map(_facts, change.before)) or "none"
    after = " + ".join(map(_facts, change.after)) or "none"
    return f"lesion {change.change}: {change.slide}: {before} -> {after}: {change.reason}"


def _facts(region: RegionFacts) -> str:
    kind = "ITC-sized region" if region.is_itc_sized else "lesion"
    return f"{kind} {region.label} of {region.area_mm2:.3f} mm2"


def _or_none(text: str | None) -> str:
    return "none" if text is None else text
