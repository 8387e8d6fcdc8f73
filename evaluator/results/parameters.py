"""Defines the parameters that a phase sets for its kind, their defaults and ranges."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from ground_truth.types import Kind

ParametersJson = dict[str, bool | int | float | str]


class Ties(StrEnum):
    """Which of equal heatmap values is taken first."""

    INTERIOR = "interior"
    """The one deepest inside an area of its value, then the first in rows."""

    FIRST = "first"
    """The first in rows, as NCRF does."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """How detections are taken from heatmaps.

    Attributes
    ----------
    threshold : float
        Only confidences strictly above it are reported.
    radius : float
        Half side of the square that a detection clears, in level-0 pixels.
    sigma : float
        Standard deviation of the Gaussian that smooths first, in level-0 pixels; 0 is off.
    ties : Ties
        The order of equal values.
    """

    threshold: float = 0.5
    radius: float = 768.0
    sigma: float = 0.0
    ties: Ties = Ties.INTERIOR


@dataclass(frozen=True, slots=True)
class LesionParameters:
    """What a phase of kind lesions may set.

    ``threshold`` to ``ties`` are those of `Suppression`; a submission may choose its own between
    the lowest and the highest value, and its own ties where the phase allows it.
    """

    max_detections_per_slide: int = 1000
    allows_heatmaps: bool = True
    allows_mixed_forms: bool = False
    threshold: float = 0.5
    lowest_threshold: float = 0.0
    highest_threshold: float = 0.99
    radius: float = 768.0
    lowest_radius: float = 64.0
    highest_radius: float = 4096.0
    sigma: float = 0.0
    lowest_sigma: float = 0.0
    highest_sigma: float = 1024.0
    ties: str = Ties.INTERIOR.value
    allows_chosen_ties: bool = True

    @property
    def suppression(self) -> Suppression:
        """The suppression of a submission that chooses nothing."""
        return Suppression(self.threshold, self.radius, self.sigma, Ties(self.ties))


@dataclass(frozen=True, slots=True)
class SlideParameters:
    """What a phase of kind slides may set: nothing yet."""


@dataclass(frozen=True, slots=True)
class StagingParameters:
    """What a phase of kind staging may set: nothing yet."""


Parameters = LesionParameters | SlideParameters | StagingParameters

CHOSEN_NUMBERS = ("threshold", "radius", "sigma")
"""What a submission may choose within the phase's range of it."""

_OF_KIND: dict[Kind, type[Parameters]] = {
    Kind.LESIONS: LesionParameters,
    Kind.SLIDES: SlideParameters,
    Kind.STAGING: StagingParameters,
}
_MOST_DETECTIONS = (1, 10_000)
"""The reader of detection files accepts at most 10,000 a slide."""
_RANGES: dict[str, tuple[float, float]] = {
    "max_detections_per_slide": _MOST_DETECTIONS,
    "threshold": (0.0, 1.0),
    "radius": (1.0, 2.0**16),
    "sigma": (0.0, 2.0**13),
}


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
    types = {field.name: str(field.type) for field in fields(_OF_KIND[kind])}
    faults = [
        f"{name}: {fault}"
        for name, value in sorted(body.items(), key=str)
        if (fault := _fault(str(name), value, types))
    ]
    if faults:
        raise ValueError(f"phase parameters of kind {kind}: " + "; ".join(faults))
    # 768 and 768.0 are one value, so they must give one text and one digest.
    typed: dict[str, Any] = {
        name: float(body[name]) if types[name] == _FLOAT else body[name] for name in body
    }
    parameters = _OF_KIND[kind](**typed)
    _check_order(parameters)
    return parameters


def parameters_to_json(parameters: Parameters) -> ParametersJson:
    """Return all values, defaults included, as a JSON object."""
    return asdict(parameters)


_FLOAT, _INT, _BOOL = str(float), str(int), str(bool)


def _fault(name: str, value: object, types: dict[str, str]) -> str:
    if name not in types:
        return f"unknown, expected one of {sorted(types)}" if types else "unknown, none is taken"
    if types[name] == _BOOL:
        return "" if isinstance(value, bool) else "must be true or false"
    if name == "ties":
        return "" if value in list(Ties) else f"must be one of {[str(tie) for tie in Ties]}"
    if types[name] == _INT and (not isinstance(value, int) or isinstance(value, bool)):
        return "must be a whole number"
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "must be a number"
    low, high = _RANGES[name.rpartition("_")[2] if types[name] == _FLOAT else name]
    return "" if low <= value <= high else f"must lie in {low:g}..{high:g}"


def _check_order(parameters: Parameters) -> None:
    """Refuse a default outside its own range."""
    if not isinstance(parameters, LesionParameters):
        return
    values = asdict(parameters)
    for name in CHOSEN_NUMBERS:
        if not values[f"lowest_{name}"] <= values[name] <= values[f"highest_{name}"]:
            raise ValueError(f"{name} must lie between lowest_{name} and highest_{name}")
