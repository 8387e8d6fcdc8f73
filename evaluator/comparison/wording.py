"""Words methods, reasons, sets and p-values of results for reports and terminals."""

from collections.abc import Mapping
from typing import Any, cast

from evaluator.metrics.intervals import IntervalMethod, Reason
from evaluator.results import Result
from ground_truth.types import Kind

NO_VALUE_TEXT = "none"
UNIT_NAMES = {Kind.LESIONS: "slides", Kind.SLIDES: "slides", Kind.STAGING: "patients"}
"""Plural noun for the cases of a result."""
_SECTION_OF = {Kind.LESIONS: "froc", Kind.SLIDES: "auc", Kind.STAGING: "kappa"}
P_DECIMALS = 4
METHOD_TEXTS: Mapping[str, str] = {
    IntervalMethod.PERCENTILE: "percentiles of the resamples",
    IntervalMethod.BCA: "percentiles of the resamples, corrected for bias and skewness (BCa)",
    IntervalMethod.LOGIT_DELONG: "DeLong's standard error on the logit scale",
    IntervalMethod.NEWCOMBE_5: "Newcombe's method 5",
    IntervalMethod.WILSON: "Wilson's interval",
    IntervalMethod.RAO_SCOTT_WILSON: "Wilson's interval on the effective number of lesions",
    IntervalMethod.WILSON_SLIDES: "Wilson's interval, every slide with lesions counted once",
    IntervalMethod.RESELECTED: "resamples that choose the best attempt anew",
    IntervalMethod.DELONG: "DeLong's standard error",
    IntervalMethod.SINGLE_POINT: "a single point",
}
"""How an interval was made, by the method that results hold."""
REASON_TEXTS: Mapping[str, str] = {
    Reason.NO_REPLICATES: "there are no resamples",
    Reason.TOO_MANY_UNDEFINED_REPLICATES: "the score is undefined in over 5 % of the resamples",
    Reason.EQUAL_REPLICATES: "all resamples give the same value",
    Reason.SCORE_AT_BOUNDARY: "the score is 0 or 1",
    Reason.INFINITE_BIAS: "no resample, or every one, lies below the score",
    Reason.ACCELERATION_TOO_LARGE: "the correction for skewness is too large",
    Reason.EQUAL_JACKKNIFE: "leaving out any one unit gives the same value",
    Reason.UNDEFINED_JACKKNIFE: "the score is undefined when one unit is left out",
    Reason.NO_VARIANCE: "too few units to tell a variance",
    Reason.FEW_LESIONS: "fewer than five lesions",
    Reason.NO_LESION: "there is no lesion",
    Reason.NO_UNITS: "there is nothing to count",
    Reason.SINGLE_CLASS: "only one class occurs",
    Reason.FEWER_THAN_TWO_CENTRES: "fewer than two centres have a score",
    Reason.CONSTANT_RANKING: "all submissions tie",
    "no_lesions": "no slide of the set has a lesion",
    "no_patients": "there is no patient",
    "no_nodes": "there is no such node",
}
"""Why a number does not exist, or why a fallback was used, by the code that results hold."""


def reason_text(code: str) -> str:
    """Return a reason in words, or the code itself where it has no words."""
    return REASON_TEXTS.get(code, code)


def interval_text(section: Mapping[str, Any], decimals: int = 4) -> str:
    """Return the ends of a result's interval section, or why there is none."""
    if "low" in section:
        return f"{section['low']:.{decimals}f} to {section['high']:.{decimals}f}"
    return (
        f"{NO_VALUE_TEXT}: {reason_text(section['reason'])}"
        if "reason" in section
        else NO_VALUE_TEXT
    )


def p_value_text(p_value: float) -> str:
    """Write a p-value, never as zero."""
    smallest = 10.0**-P_DECIMALS
    return f"< {smallest:.4f}" if p_value < smallest / 2 else f"{p_value:.{P_DECIMALS}f}"


def method_text(section: Mapping[str, Any], n_resamples: int) -> str:
    """Say how a result's interval was made and, for a fallback, why it was used."""
    if "low" not in section:
        return ""
    words = METHOD_TEXTS.get(section["method"], section["method"])
    words = words.replace("the resamples", f"{n_resamples:,} resamples")
    if section["fallback"] is not None:
        words += f" (a fallback: {reason_text(section['fallback'])})"
    return f"{section['level']:.0%} interval: {words}.".replace("%", " %", 1)


def metric_section(result: Result) -> Mapping[str, Any]:
    """Return the section of the metric that ranks."""
    return cast("Mapping[str, Any]", result.aggregates[_SECTION_OF[result.kind]])


def undefined_text(result: Result) -> str:
    """Say why a result has no score."""
    return f"undefined, since {reason_text(metric_section(result)['reason'])}"


def units_text(result: Result) -> str:
    """Say how many slides and lesions, or patients, a score was measured on."""
    units = f"{len(result.case):,} {UNIT_NAMES[result.kind]}"
    if result.kind is not Kind.LESIONS:
        return units
    return f"{units} with {metric_section(result)['n_lesions']:,} lesions"
