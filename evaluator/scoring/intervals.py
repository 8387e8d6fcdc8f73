"""Writes intervals as results hold them: rounded once, with method and undefined count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.centres import centre_spread
from evaluator.metrics.intervals import INTERVAL_LEVEL, Interval, Undefined, rounded_for_result
from evaluator.results import JsonObject, undefined_section


class IntervalSection(TypedDict):
    """An interval in a result; ends rounded to 6 decimals."""

    low: float
    high: float
    level: float
    method: str
    fallback: str | None
    n_undefined: int


@dataclass(frozen=True, slots=True, eq=False)
class CentreScore:
    """The score over one centre's own units.

    Attributes
    ----------
    value : float or None
        None where the score is undefined.
    replicates : (n_resamples,) float64
    """

    centre: str
    n_units: int
    value: float | None
    interval: Interval | Undefined
    replicates: NDArray[np.float64]


def interval_section(interval: Interval | Undefined) -> JsonObject:
    """Return an interval's ends, level, method and fallback, or why there is none."""
    if isinstance(interval, Undefined):
        return undefined_section(str(interval.reason))
    return {
        "low": rounded_for_result(interval.low),
        "high": rounded_for_result(interval.high),
        "level": INTERVAL_LEVEL,
        "method": str(interval.method),
        "fallback": None if interval.fallback is None else str(interval.fallback),
        "n_undefined": interval.n_undefined,
    }


def interval_of(aggregates: Mapping[str, Any]) -> IntervalSection | None:
    """Find the interval of a result's ranking score; None where it has none."""
    for metric in ("froc", "auc", "kappa"):
        section = aggregates.get(metric, {}).get("interval", {})
        if "low" in section:
            return cast("IntervalSection", section)
    return None


def centre_sections(scores: Sequence[CentreScore]) -> JsonObject:
    """Return each centre's score, and the worst centre with its distance from the best."""
    by_centre: JsonObject = {
        one.centre: {
            "n": one.n_units,
            "value": one.value,
            "interval": interval_section(one.interval),
        }
        for one in scores
    }
    values = [np.nan if one.value is None else one.value for one in scores]
    spread = centre_spread(values, np.stack([one.replicates for one in scores]))
    if isinstance(spread, Undefined):
        return {"by_centre": by_centre, "worst_centre": undefined_section(str(spread.reason))}
    worst: JsonObject = {
        "centre": scores[spread.worst].centre,
        "value": spread.worst_score,
        "best_centre": scores[spread.best].centre,
        "difference": spread.difference,
        "interval": interval_section(spread.interval),
    }
    return {"by_centre": by_centre, "worst_centre": worst}


def known_centres(centres: Sequence[str | None]) -> list[str]:
    """Return the names of all centres in order; none unless every unit's centre is known."""
    known = {centre for centre in centres if centre is not None}
    return [] if None in centres else sorted(known)
