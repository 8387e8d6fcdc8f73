"""Writes the report of an ensemble: its score among its members', marked as exploratory."""

from typing import cast

from evaluator.comparison import COMBINATION_RULES, Ensemble, interval_text
from evaluator.metrics.intervals import Interval
from evaluator.metrics.staging import STAGES, confusion_matrix
from evaluator.plots.confusion_plot import confusion_plot
from evaluator.plots.estimates import Estimate
from evaluator.plots.forest_plot import ForestRow, forest_plot
from evaluator.plots.tables import Plot
from evaluator.reports.page import Section, report_page
from evaluator.reports.result import SCORE_NAMES, estimate_of
from evaluator.results import JsonObject
from evaluator.scoring import interval_section
from ground_truth.types import Kind

TITLE = "Ensemble (exploratory)"
WARNING = (
    "Exploratory: the members were chosen by their scores on the very slides or patients that the "
    "combination is scored on, so its score and interval flatter. It is not ranked."
)


def ensemble_report(ensemble: Ensemble) -> str:
    """Write an ensemble as one HTML page."""
    sections = [Section("Score among its members", _forest(ensemble))]
    if ensemble.kind is Kind.STAGING:
        sections.append(Section("Confusion of the combined stages", _confusion(ensemble)))
    rule = f"{len(ensemble.members)} best results, combined by {COMBINATION_RULES[ensemble.kind]}."
    return report_page(TITLE, f"{rule} {WARNING}", sections)


def ensemble_text(ensemble: Ensemble) -> str:
    """Return the score, its interval and the warning as lines of text."""
    names = ", ".join(one.name for one in ensemble.members)
    shown = "undefined" if ensemble.score is None else f"{ensemble.score:.4f}"
    ends = interval_text(interval_section(ensemble.interval))
    lines = [
        f"{SCORE_NAMES[ensemble.kind]} {shown}, 95 % interval {ends}",
        f"{COMBINATION_RULES[ensemble.kind]} of {names}",
        WARNING,
    ]
    return "\n".join(lines) + "\n"


def _forest(ensemble: Ensemble) -> Plot:
    interval = ensemble.interval
    own = Estimate(ensemble.score)
    if isinstance(interval, Interval):
        own = Estimate(ensemble.score, interval.low, interval.high)
    rows = [ForestRow("ensemble", own, is_highlighted=True)]
    rows += [ForestRow(one.name, estimate_of(one.result)) for one in ensemble.members]
    return forest_plot(rows, SCORE_NAMES[ensemble.kind], "scores", decimals=4)


def _confusion(ensemble: Ensemble) -> Plot:
    case = ensemble.members[0].result.case
    reference = [
        str(cast("JsonObject", case[patient])["reference"]) for patient in ensemble.answers
    ]
    combined = [str(stage) for stage in ensemble.answers.values()]
    counts = confusion_matrix(reference, combined, STAGES)
    return confusion_plot(counts, STAGES, "patients", "confusion")
