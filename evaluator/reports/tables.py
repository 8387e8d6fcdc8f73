"""Makes a report's tables: other scores, lesions found at each rate, nodes, influence."""

from collections.abc import Mapping
from typing import Any, cast

from evaluator.comparison import NO_VALUE_TEXT, interval_text, reason_text
from evaluator.metrics.froc import FP_RATES
from evaluator.plots.axes import FROC_TICKS
from evaluator.plots.number_text import signed
from evaluator.plots.tables import PlotTable
from evaluator.results import Result

# A result's sections are JSON: what they hold is said in the documentation of results.
Aggregates = Mapping[str, Any]

MOST_INFLUENTIAL = 5
"""Slides listed by how far the score moves without each."""
_OFFICIAL_SCORE_NAMES = {
    "froc_2016": "The organisers' script of 2016 (camelyon16-2016)",
    "froc_diag": "The organisers' later code (camelyon16-diag)",
}
_WORDS_OF_RATE = dict(FROC_TICKS)


def secondary_scores(aggregates: Aggregates) -> PlotTable | None:
    """List the other scores, which are not ranked; None where there are none."""
    rows = [*_slide_weighted(aggregates), *_worst_centre(aggregates), *_official_scores(aggregates)]
    if not rows:
        return None
    caption = "Not ranked; each says another thing about the same submission."
    return PlotTable(caption, ("What", "Value", "95 % interval"), tuple(rows))


def found_at_rates(sections: Aggregates, grouping: str) -> PlotTable | None:
    """List lesions found and all lesions of each class, at each rate and at any confidence."""
    if not sections:
        return None
    rates = [f"{rate:g}" for rate in FP_RATES]
    columns = (grouping.capitalize(), *[_WORDS_OF_RATE[rate] for rate in FP_RATES], "any")
    rows = tuple(
        (
            label,
            *[
                f"{section['found_at'][rate]['n_found']}/{section['n_lesions']}"
                for rate in [*rates, "all"]
            ],
        )
        for label, section in sections.items()
    )
    caption = f"Lesions found by {grouping}, at each number of false positives per slide"
    return PlotTable(caption, columns, rows)


def influential_slides(result: Result) -> PlotTable | None:
    """List the slides without which the score moves most; None where that is not known."""
    moved = {
        slide: cast("float | None", cast("Aggregates", case).get("influence"))
        for slide, case in result.case.items()
    }
    known = {slide: value for slide, value in moved.items() if value}
    if not known:
        return None
    first = sorted(known, key=lambda slide: (-abs(known[slide]), slide))[:MOST_INFLUENTIAL]
    caption = "Slides that matter most: the score with all slides minus the score without the one"
    rows = tuple((slide, signed(known[slide], 4)) for slide in first)
    return PlotTable(caption, ("Slide", "Adds to the score"), rows)


def node_numbers(nodes: Aggregates) -> PlotTable:
    """List how well the categories of lymph nodes agree."""
    rows = [
        ("Nodes named correctly", f"{nodes['accuracy']:.4f}"),
        ("Kappa of the node categories", _value(nodes["kappa"])),
        ("Sensitivity for micro- and macro-metastases", _value(nodes["sensitivity"])),
        ("Specificity for micro- and macro-metastases", _value(nodes["specificity"])),
        ("Kappa of the stages that follow from the nodes", _value(nodes["derived_stage_kappa"])),
    ]
    recall = nodes["recall"]
    rows += [
        (f"Recall of {category} (n = {recall[category]['n']})", _value(recall[category]))
        for category in nodes["labels"]
    ]
    caption = f"Lymph nodes of the {nodes['n_patients']} patients whose nodes are all given"
    return PlotTable(caption, ("What", "Value"), tuple(rows))


def _slide_weighted(aggregates: Aggregates) -> list[tuple[str, str, str]]:
    section = aggregates.get("slide_weighted")
    if section is None:
        return []
    words = "FROC score with every tumour slide counted once, however many lesions it has"
    return [(words, _value(section), interval_text(section.get("interval", {})))]


def _worst_centre(aggregates: Aggregates) -> list[tuple[str, str, str]]:
    section = aggregates.get("worst_centre")
    if section is None:
        return []
    if "centre" not in section:
        return [("Worst centre", f"{NO_VALUE_TEXT}: {reason_text(section['reason'])}", "")]
    worst, best = section["centre"], section["best_centre"]
    interval = aggregates["by_centre"][worst]["interval"]
    return [
        (f"Worst centre: {worst}", _value(section), interval_text(interval)),
        (
            f"Best centre ({best}) minus worst ({worst}); above 0 even for equal centres",
            f"{section['difference']:.4f}",
            interval_text(section["interval"]),
        ),
    ]


def _official_scores(aggregates: Aggregates) -> list[tuple[str, str, str]]:
    known = [
        (words, aggregates[key])
        for key, words in _OFFICIAL_SCORE_NAMES.items()
        if key in aggregates
    ]
    return [(words, f"{one['score']:.4f}", NO_VALUE_TEXT) for words, one in known if "score" in one]


def _value(section: Aggregates) -> str:
    if section["value"] is None:
        return f"undefined: {reason_text(section['reason'])}"
    return f"{section['value']:.4f}"
