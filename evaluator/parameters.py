"""Parameters that a phase sets for its kind, their defaults and ranges."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from ground_truth.types import Kind


@dataclass(frozen=True, slots=True)
class LesionParameters:
    """What a phase of kind lesions may set."""

    max_detections_per_slide: int = 1000


@dataclass(frozen=True, slots=True)
class SlideParameters:
    """What a phase of kind slides may set: nothing yet."""


@dataclass(frozen=True, slots=True)
class StagingParameters:
    """What a phase of kind staging may set: nothing yet."""


Parameters = LesionParameters | SlideParameters | StagingParameters

_OF_KIND: dict[Kind, type[Parameters]] = {
    Kind.LESIONS: LesionParameters,
    Kind.SLIDES: SlideParameters,
    Kind.STAGING: StagingParameters,
}
_RANGES = {"max_detections_per_slide": (1, 10_000)}
"""Lowest and highest value; above 10,000 a slide no reader of a detection file goes."""


def default_parameters(kind: Kind) -> Parameters:
    """Return the parameters of a phase that sets none."""
    return _OF_KIND[kind]()


def parameters_from_json(kind: Kind, body: object) -> Parameters:
    """Build a kind's parameters from a JSON object; what it leaves out keeps its default.

    Raises
    ------
    ValueError
        Naming every unknown key, wrong type and value out of range at once.
    """
    if not isinstance(body, Mapping):
        raise ValueError("phase parameters must be a JSON object")  # noqa: TRY004 - one error
    known = {field.name for field in fields(_OF_KIND[kind])}
    faults = [
        f"{name}: {fault}"
        for name, value in sorted(body.items(), key=str)
        if (fault := _fault(str(name), value, known))
    ]
    if faults:
        raise ValueError(f"phase parameters of kind {kind}: " + "; ".join(faults))
    return _OF_KIND[kind](**body)


def parameters_to_json(parameters: Parameters) -> dict[str, int]:
    """Return all values, defaults included, as a JSON object."""
    return asdict(parameters)


def _fault(name: str, value: object, known: set[str]) -> str:
    if name not in known:
        return f"unknown, expected one of {sorted(known)}" if known else "unknown, none is taken"
    low, high = _RANGES[name]
    if not isinstance(value, int) or isinstance(value, bool):
        return "must be a whole number"
    return "" if low <= value <= high else f"must lie in {low}..{high}"
