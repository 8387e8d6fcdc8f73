"""The report of one result: its score among what the result tells, plot by plot."""

from typing import Any, cast

import numpy as np

from evaluator.interval_sections import interval_of
from evaluator.plots.confusion_plot import confusion_plot
from evaluator.plots.estimates import Estimate
from evaluator.plots.forest_plot import ForestRow, forest_plot
from evaluator.plots.froc_plot import froc_plot
from evaluator.plots.froc_series import Band, FrocSeries, SlideSet
from evaluator.plots.kappa_plot import kappa_cost_plot
from evaluator.plots.roc_plot import RocSeries, roc_plot, roc_points
from evaluator.plots.size_and_centre_plot import CentreRow, FoundRow, centre_plot, found_plot
from evaluator.plots.tables import PlotTable
from evaluator.report_page import Section, report_page
from evaluator.result import Result
from ground_truth.types import Kind

SCORE_NAMES = {Kind.LESIONS: "FROC score", Kind.SLIDES: "AUC", Kind.STAGING: "Kappa"}
UNITS = {Kind.LESIONS: "slides", Kind.SLIDES: "slides", Kind.STAGING: "patients"}
TUMOUR = "tumour"
SHOWN_RATE = "1"
"""False positives per slide at which classes of lesions are compared."""

# A result's sections are JSON: what they hold is said in the documentation of results.
Aggregates = dict[str, Any]


def result_report(result: Result, name: str) -> str:
    """Write the report of a result as one HTML page."""
    provenance = result.provenance
    shown = "undefined" if result.score is None else f"{result.score:.4f}"
    lead = (
        f"{SCORE_NAMES[result.kind]} {shown} on {len(result.case)} {UNITS[result.kind]}, "
        f"truth {provenance.truth_version}, scoring {provenance.scoring}"
    )
    sections = [] if result.score is None else [_score(result, name)]
    sections += result_sections(result, name)
    return report_page(f"Report of {name}", lead, [*sections, _provenance(result)])


def result_sections(result: Result, name: str) -> list[Section]:
    """Draw what a result tells beyond its score; nothing where the score is undefined."""
    if result.score is None:
        return []
    return [*_OF_KIND[result.kind](result, name), *_centres(result.aggregates, result.kind)]


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


def slide_set(result: Result) -> SlideSet:
    """Return the slides that a result of kind lesions was measured on."""
    froc = cast("Aggregates", result.aggregates["froc"])
    return SlideSet(result.provenance.subset or "all", froc["n_slides"], froc["n_lesions"])


def _score(result: Result, name: str) -> Section:
    row = ForestRow(name, estimate_of(result), is_highlighted=True)
    note = _resamples_note(result)
    return Section("Score", forest_plot([row], SCORE_NAMES[result.kind], "score", note, 4))


def _lesions(result: Result, name: str) -> list[Section]:
    note = f"The band is pointwise. {_resamples_note(result)}".strip()
    curve = froc_plot([froc_series(result, name)], slide_set(result), "froc", note=note)
    aggregates: Aggregates = result.aggregates
    sections = [Section("FROC curve", curve)]
    for key, words in (("by_lesion_size", "lesion size"), ("by_slide_label", "slide label")):
        rows = [_found(label, one) for label, one in aggregates.get(key, {}).items()]
        grouping = f"{words}, at {SHOWN_RATE} false positive per slide"
        if rows:
            plot = found_plot(rows, grouping, key.replace("_", "-"))
            sections.append(Section(f"Sensitivity by {words}", plot))
    return sections


def _found(label: str, section: Aggregates) -> FoundRow:
    found = section["found_at"][SHOWN_RATE]
    interval = found["interval"]
    ends = (interval.get("low"), interval.get("high"))
    return FoundRow(label, found["n_found"], section["n_lesions"], *ends)


def _slides(result: Result, name: str) -> list[Section]:
    cases = [cast("Aggregates", result.case[slide]) for slide in sorted(result.case)]
    is_tumour = np.array([case["label"] == TUMOUR for case in cases])
    points = roc_points(is_tumour, np.array([case["confidence"] for case in cases], np.float64))
    series = RocSeries(name, *points, estimate_of(result))
    n_tumour = int(is_tumour.sum())
    return [Section("ROC curve", roc_plot([series], n_tumour, is_tumour.size - n_tumour, "roc"))]


def _staging(result: Result, name: str) -> list[Section]:
    del name
    aggregates: Aggregates = result.aggregates
    counts = np.array(aggregates["confusion"], dtype=np.int64)
    labels = aggregates["labels"]
    return [
        Section("Confusion", confusion_plot(counts, labels, "patients", "confusion")),
        Section("What costs kappa", kappa_cost_plot(counts, labels, "patients", "costs")),
    ]


def _centres(aggregates: Aggregates, kind: Kind) -> list[Section]:
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
    return [Section("Centres", centre_plot(rows, SCORE_NAMES[kind], UNITS[kind], "centres"))]


def _provenance(result: Result) -> Section:
    provenance = result.provenance
    rows = [
        ("Protocol", provenance.protocol),
        ("Set", provenance.subset or "all"),
        ("Truth version", provenance.truth_version),
        ("Scoring", provenance.scoring),
        ("Content SHA-256", provenance.content_sha256),
        ("Resamples", str(provenance.n_resamples)),
        ("Resample SHA-256", provenance.resample_sha256 or "none"),
    ]
    rows += [(f"Warning {one.code}", one.detail) for one in provenance.warnings]
    return Section("Where it comes from", PlotTable("Provenance", ("What", "Value"), tuple(rows)))


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


def _resamples_note(result: Result) -> str:
    n_resamples = result.provenance.n_resamples
    return f"95 % intervals from {n_resamples} resamples." if n_resamples else ""


_OF_KIND = {Kind.LESIONS: _lesions, Kind.SLIDES: _slides, Kind.STAGING: _staging}
