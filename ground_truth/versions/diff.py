"""Compares two truth versions: slides, lesions, stages, parameters, exclusions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from ground_truth.lesions import RegionChange, region_changes
from ground_truth.reference import Exclusion
from ground_truth.types import GroundTruth, Kind, PatientTruth, SlideTruth
from ground_truth.versions.version import exclusions_of, label_exclusions_of

_SLIDE_FIELDS = ("label", "category", "centre", "width", "height", "dimensions", "spacing_um")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a slide, or one parameter, as text; None where one version lacks it."""

    name: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class StageChange:
    """One row of the stages: a patient's or a node's; None where one version lacks it."""

    name: str
    patient: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs; empty where two versions hold the same.

    ``changelog`` is the second version's own.
    """

    before: str
    after: str
    changelog: str
    slides_added: tuple[str, ...]
    slides_removed: tuple[str, ...]
    slides_changed: tuple[FieldChange, ...]
    regions: tuple[RegionChange, ...]
    stages: tuple[StageChange, ...]
    parameters: tuple[FieldChange, ...]
    exclusions_added: tuple[Exclusion, ...]
    exclusions_removed: tuple[Exclusion, ...]
    sources: tuple[FieldChange, ...]

    @property
    def patients(self) -> tuple[str, ...]:
        """The patients whose own stage differs, in name order."""
        return tuple(sorted({row.patient for row in self.stages if row.field == "stage"}))

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, ready for json.dumps."""
        return {
            "before": self.before,
            "after": self.after,
            "changelog": self.changelog,
            "slides": {
                "added": list(self.slides_added),
                "removed": list(self.slides_removed),
                "changed": [asdict(change) for change in self.slides_changed],
            },
            "lesions": [asdict(change) for change in self.regions],
            "stages": {
                "rows": [asdict(row) for row in self.stages],
                "patients": list(self.patients),
            },
            "parameters": [asdict(change) for change in self.parameters],
            "exclusions": {
                "added": [_exclusion(each) for each in self.exclusions_added],
                "removed": [_exclusion(each) for each in self.exclusions_removed],
            },
            "sources": [asdict(change) for change in self.sources],
        }


def difference(before: GroundTruth, after: GroundTruth) -> Difference:
    """Compare two versions of any layouts."""
    old = {slide.slide: slide for slide in before.slides}
    new = {slide.slide: slide for slide in after.slides}
    was, now = _all_exclusions(before), _all_exclusions(after)
    parameters: list[dict[str, Any]] = [_parameters(truth) for truth in (before, after)]
    sources: list[Any] = [truth.manifest["sources"] for truth in (before, after)]
    return Difference(
        before=before.version,
        after=after.version,
        changelog=str(after.manifest["changelog"]),
        slides_added=tuple(sorted(new.keys() - old.keys())),
        slides_removed=tuple(sorted(old.keys() - new.keys())),
        slides_changed=tuple(
            change
            for name in sorted(old.keys() & new.keys())
            for change in _slide_changes(old[name], new[name])
        ),
        regions=tuple(_all_regions(old, new, was, now)),
        stages=tuple(_stage_changes(before.patients, after.patients)),
        parameters=tuple(_field_changes("protocol", *parameters)),
        exclusions_added=tuple(each for each in now if each not in was),
        exclusions_removed=tuple(each for each in was if each not in now),
        sources=tuple(_field_changes("source", *sources)),
    )


def _exclusion(each: Exclusion) -> dict[str, str]:
    return {"slide": each.slide, "kind": each.kind, "reason": each.reason}


def _all_exclusions(truth: GroundTruth) -> tuple[Exclusion, ...]:
    return exclusions_of(truth) + label_exclusions_of(truth)


def _parameters(truth: GroundTruth) -> dict[str, Any]:
    protocol: Any = truth.manifest["protocol"]  # the manifest is JSON; load_truth checked it
    return {"layout": truth.layout, "split": truth.manifest["split"], **protocol}


def _slide_changes(old: SlideTruth, new: SlideTruth) -> Iterator[FieldChange]:
    for field in _SLIDE_FIELDS:
        was, now = getattr(old, field), getattr(new, field)
        if was != now:
            yield FieldChange(old.slide, field, _text(was), _text(now))
    if old.kinds != new.kinds:
        yield FieldChange(old.slide, "kinds", _kinds(old), _kinds(new))


def _kinds(slide: SlideTruth) -> str:
    return ", ".join(sorted(slide.kinds)) or "none"


def _all_regions(
    old: Mapping[str, SlideTruth],
    new: Mapping[str, SlideTruth],
    was: Iterable[Exclusion],
    now: Iterable[Exclusion],
) -> Iterator[RegionChange]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        changes = region_changes(
            name,
            None if before is None else before.mask,
            None if after is None else after.mask,
        )
        cause = _cause(name, before, after, (was, now))
        for change in changes:
            yield change if cause is None else replace(change, reason=cause)


def _cause(
    name: str,
    before: SlideTruth | None,
    after: SlideTruth | None,
    exclusions: tuple[Iterable[Exclusion], Iterable[Exclusion]],
) -> str | None:
    """Return why all regions of a slide were added or removed, None where they were compared."""
    if before is None:
        return "the slide is new"
    if after is None:
        return "the slide is gone"
    if before.mask is None and after.mask is not None:
        return f"the slide is used for lesions again: {_exclusion_reason(name, exclusions[0])}"
    if before.mask is not None and after.mask is None:
        return f"the slide is excluded: {_exclusion_reason(name, exclusions[1])}"
    return None


def _exclusion_reason(name: str, exclusions: Iterable[Exclusion]) -> str:
    reasons = [
        each.reason for each in exclusions if each.slide == name and Kind.LESIONS in each.kinds
    ]
    return "; ".join(reasons) or "no reason is given"


def _stage_changes(
    before: Iterable[PatientTruth], after: Iterable[PatientTruth]
) -> Iterator[StageChange]:
    old, new = _rows(before), _rows(after)
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            patient, name, field = key
            yield StageChange(name, patient, field, old.get(key), new.get(key))


def _rows(patients: Iterable[PatientTruth]) -> dict[tuple[str, str, str], str]:
    rows: dict[tuple[str, str, str], str] = {}
    for patient in patients:
        name = patient.patient
        rows[name, name, "stage"] = patient.stage
        if patient.centre is not None:
            rows[name, name, "centre"] = patient.centre
        rows |= {(name, node, "category"): word for node, word in patient.nodes.items()}
    return rows


def _field_changes(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[FieldChange]:
    for field in sorted(before.keys() | after.keys()):
        if before.get(field) != after.get(field):
            yield FieldChange(name, field, _text(before.get(field)), _text(after.get(field)))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
