"""Dots with intervals: lesions found by size, scores by centre, always with their n."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.estimates import Estimate
from evaluator.plots.tables import Plot


@dataclass(frozen=True, slots=True)
class FoundRow:
    """Lesions found of one class, with the interval of the sensitivity where there is one."""

    label: str
    n_found: int
    n_total: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class CentreRow:
    """Score of one centre and the number of slides or patients it rests on."""

    label: str
    n_units: int
    estimate: Estimate


def found_plot(rows: Sequence[FoundRow], grouping: str, prefix: str, note: str = "") -> Plot:
    """Draw sensitivities of classes; grouping such as "lesion size at 1 FP per slide"."""
    raise NotImplementedError


def centre_plot(
    rows: Sequence[CentreRow], score_name: str, unit: str, prefix: str, note: str = ""
) -> Plot:
    """Draw scores by centre; unit such as "slides"."""
    raise NotImplementedError
