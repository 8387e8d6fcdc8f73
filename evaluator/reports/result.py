"""Writes the report of one result: its score and what else it tells, plot by plot."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from evaluator.comparison import (
    NO_VALUE_TEXT,
    UNIT_NAMES,
    interval_text,
    method_text,
    metric_section,
    undefined_text,
    units_text,
)
from evaluator.plots.confusion_plot import confusion_plot
from evaluator.plots.estimates import Estimate
from evaluator.plots.forest_plot import ForestRow, forest_plot
from evaluator.plots.froc_plot import froc_plot
from evaluator.plots.froc_series import Band, FrocSeries, SlideSet
from evaluator.plots.kappa_plot import kappa_cost_plot
from evaluator.plots.roc_plot import RocSeries, roc_plot, roc_points
from evaluator.plots.size_and_centre_plot import CentreRow, FoundRow, centre_plot, found_plot
from evaluator.plots.tables import PlotTable
from evaluator.reports.page import Section, report_page
from evaluator.reports.tables import (
    found_at_rates,
    influential_slides,
    node_numbers,
    secondary_scores,
)
from evaluator.results import Result
from evaluator.scoring import interval_of
from ground_truth.types import Kind

SCORE_NAMES = {Kind.LESIONS: "FROC score", Kind.SLIDES: "AUC", Kind.STAGING: "Kappa"}
TUMOUR = "tumour"
SHOWN_RATE = "1"
"""False positives per slide at which classes of lesions are compared."""

# A result's sections are JSON: what they hold is said in the documentation of results.
Aggregates = dict[str, Any]


def result_report(result: Result, name: str) -> str:
    """Write the report of a result as one HTML page."""
    sections = [] if result.score is None else [_score(result, name)]
    sections += result_sections(result, name)
    return report_page(f"Report of {name}", _lead(result), [*sections, _provenance(result)])


def result_sections(result: Result, name: str) -> list[Section]:
    """Draw what a result holds beyond its score; no section where the score is undefined."""
    if result.score is None:
        return []
    drawn = _OF_KIND[result.kind](result, name)
    return [*drawn, *_centres(result), *_unranked_sections(result)]


def estimate_of(result: Result) -> Estimate:
    """Return a result's score with its interval."""
    interval = interval_of(result.aggregates)
    if interval is None:
        return Estimate(result.score)
    return Estimate(result.score, interval["low"], interval["high"])


def froc_series(result: Result, name: str) -> FrocSeries:
    """Return the curve of a result of kind lesions, with its band where it has one."""
    froc = cast("Aggregates", result.aggregates["froc"])
    return FrocSeries(
        name,
        np.array(froc["curve"]["fps_per_slide"]),
        np.array(froc["curve"]["sensitivity"]),
        _band(froc.get("interval_at", {})),
    )


def roc_series(result: Result, name: str) -> RocSeries:
    """Return the curve of a result of kind slides whose area is defined."""
    cases = [cast("Aggregates", result.case[slide]) for slide in sorted(result.case)]
    confidence = np.array([case["confidence"] for case in cases], np.float64)
    return RocSeries(name, *roc_points(_is_tumour(result), confidence), estimate_of(result))


def slide_counts(result: Result) -> tuple[int, int]:
    """Return the slides with and without metastasis of a result of kind slides."""
    is_tumour = _is_tumour(result)
    return int(is_tumour.sum()), int((~is_tumour).sum())


def slide_set(result: Result) -> SlideSet:
    """Return the slides that a result of kind lesions was measured on."""
    froc = cast("Aggregates", result.aggregates["froc"])
    return SlideSet(result.provenance.subset or "all", froc["n_slides"], froc["n_lesions"])


def _lead(result: Result) -> str:
    """Say the score, its interval and what it was measured on in one sentence."""
    provenance = result.provenance
    if result.score is None:
        shown = undefined_text(result)
    else:
        interval = metric_section(result).get("interval", {})
        ends = f", 95 % interval {interval_text(interval)}" if interval else ""
        shown = f"{result.score:.4f}{ends}"
    subset = "" if provenance.subset is None else f" (set {provenance.subset})"
    return (
        f"{SCORE_NAMES[result.kind]} {shown}, on {units_text(result)}{subset}. "
        f"Truth version {provenance.truth_version}, scoring {provenance.scoring}."
    )


def _score(result: Result, name: str) -> Section:
    row = ForestRow(name, estimate_of(result), is_highlighted=True)
    note = method_text(metric_section(result).get("interval", {}), result.provenance.n_resamples)
    return Section("Score", forest_plot([row], SCORE_NAMES[result.kind], "score", note, 4))


def _lesions(result: Result, name: str) -> list[Section]:
    n_resamples = result.provenance.n_resamples
    note = (
        f"The band is pointwise, from {n_resamples:,} resamples of slides." if n_resamples else ""
    )
    curve = froc_plot([froc_series(result, name)], slide_set(result), "froc", note=note)
    aggregates: Aggregates = result.aggregates
    sections = [Section("FROC curve", curve)]
    for key, words in (("by_lesion_size", "lesion size"), ("by_slide_label", "slide label")):
        sections += _sensitivities(aggregates.get(key, {}), words, key.replace("_", "-"))
    return sections


def _is_tumour(result: Result) -> NDArray[np.bool_]:
    cases = [cast("Aggregates", result.case[slide]) for slide in sorted(result.case)]
    return np.array([case["label"] == TUMOUR for case in cases])


def _sensitivities(classes: Aggregates, words: str, prefix: str) -> list[Section]:
    """Draw the lesions found of each class at one rate, and list those found at all rates."""
    rows = [_found(label, one) for label, one in classes.items()]
    listed = found_at_rates(classes, words)
    if not rows or listed is None:
        return []
    grouping = f"{words}, at {SHOWN_RATE} false positive per slide"
    return [
        Section(f"Sensitivity by {grouping}", found_plot(rows, grouping, prefix)),
        Section(f"Lesions found by {words}, at every rate", listed),
    ]


def _found(label: str, section: Aggregates) -> FoundRow:
    found = section["found_at"][SHOWN_RATE]
    interval = found["interval"]
    ends = (interval.get("low"), interval.get("high"))
    return FoundRow(label, found["n_found"], section["n_lesions"], *ends)


def _slides(result: Result, name: str) -> list[Section]:
    plot = roc_plot([roc_series(result, name)], *slide_counts(result), "roc")
    return [Section("ROC curve", plot)]


def _staging(result: Result, name: str) -> list[Section]:
    del name
    aggregates: Aggregates = result.aggregates
    counts = np.array(aggregates["confusion"], dtype=np.int64)
    labels = aggregates["labels"]
    sections = [
        Section("Confusion", confusion_plot(counts, labels, "patients", "confusion")),
        Section("What costs kappa", kappa_cost_plot(counts, labels, "patients", "costs")),
    ]
    if "nodes" in aggregates:
        sections.append(Section("Lymph nodes", node_numbers(aggregates["nodes"])))
    return sections


def _centres(result: Result) -> list[Section]:
    aggregates: Aggregates = result.aggregates
    rows = [
        CentreRow(
            centre,
            one["n"],
            Estimate(one["value"], one["interval"].get("low"), one["interval"].get("high")),
        )
        for centre, one in aggregates.get("by_centre", {}).items()
    ]
    if not rows:
        return []
    plot = centre_plot(rows, SCORE_NAMES[result.kind], UNIT_NAMES[result.kind], "centres")
    return [Section("Centres", plot)]


def _unranked_sections(result: Result) -> list[Section]:
    """List what is not ranked: other scores, and the slides that influence the score most."""
    listed = secondary_scores(result.aggregates)
    sections = [] if listed is None else [Section("Beside the score", listed)]
    slides = influential_slides(result)
    return sections if slides is None else [*sections, Section("Influence of slides", slides)]


def _provenance(result: Result) -> Section:
    provenance = result.provenance
    rows = [
        ("Protocol", provenance.protocol),
        ("Set", provenance.subset or "all"),
        ("Truth version", provenance.truth_version),
        ("Scoring", provenance.scoring),
        ("Content SHA-256", provenance.content_sha256),
        ("Resamples", f"{provenance.n_resamples:,}" if provenance.n_resamples else NO_VALUE_TEXT),
        ("Resample SHA-256", provenance.resample_sha256 or NO_VALUE_TEXT),
    ]
    rows += [(f"Warning {one.code}", one.detail) for one in provenance.warnings]
    table = PlotTable("Rules, truth and bytes behind the score", ("What", "Value"), tuple(rows))
    return Section("Where it comes from", table, is_breakable=True)


def _band(interval_at: Aggregates) -> Band | None:
    known = {float(rate): one for rate, one in interval_at.items() if "low" in one}
    if not known:
        return None
    rates = sorted(known)
    return Band(
        np.array(rates),
        np.array([known[rate]["low"] for rate in rates]),
        np.array([known[rate]["high"] for rate in rates]),
    )


_OF_KIND = {Kind.LESIONS: _lesions, Kind.SLIDES: _slides, Kind.STAGING: _staging}
