"""Writes reports of several results: compared pair by pair, or ranked."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from evaluator.comparison import (
    CLOSED_FORM_NAMES,
    NO_VALUE_TEXT,
    Comparison,
    Pair,
    RankedResult,
    Ranking,
    p_value_text,
    reason_text,
    scores_of,
)
from evaluator.metrics.froc import FP_RATES
from evaluator.metrics.intervals import Interval, Reason, Undefined
from evaluator.metrics.rank_frequencies import RankFrequencies
from evaluator.metrics.ranking import ranks
from evaluator.metrics.staging import STAGES
from evaluator.plots.blob_plot import blob_plot
from evaluator.plots.comparison_plot import DifferenceCurve, difference_plot, from_to_plot
from evaluator.plots.forest_plot import ForestRow, forest_plot
from evaluator.plots.froc_plot import froc_plot
from evaluator.plots.number_text import fixed, signed
from evaluator.plots.roc_plot import roc_plot
from evaluator.plots.significance_map import significance_map
from evaluator.plots.tables import Plot, PlotTable
from evaluator.reports.page import Section, report_page
from evaluator.reports.result import (
    SCORE_NAMES,
    estimate_of,
    froc_series,
    roc_series,
    slide_counts,
    slide_set,
)
from evaluator.results import SavedResult
from ground_truth.types import Kind

MOST_CURVES = 8
"""More than this cannot be told apart in one plot."""
_TAILS = (0.025, 0.975)


def comparison_report(comparison: Comparison) -> str:
    """Write a comparison as one HTML page."""
    scored = comparison.scored
    kind = scored[0].result.kind
    best_results = _best_first(scored)[:MOST_CURVES]
    sections = [Section("Scores", _forest(scored)), Section("Pairs", _pairs(comparison))]
    sections += _DRAWN_OF_KIND[kind](best_results)
    if comparison.tests is not None:
        names = [one.name for one in scored]
        drawn = significance_map(names, _places(scored), comparison.tests, "significance")
        sections.append(Section("Which can be told apart", drawn))
    return report_page("Comparison", _comparison_lead(comparison, len(best_results)), sections)


def ranking_report(ranking: Ranking) -> str:
    """Write a ranking as one HTML page."""
    sections = [Section("Ranking", _ranking_table(ranking))]
    if ranking.scored:
        sections.append(Section("Scores", _forest(ranking.scored)))
    if not isinstance(ranking.frequencies, Undefined):
        names = [one.name for one in ranking.scored]
        drawn = blob_plot(names, _places(ranking.scored), ranking.frequencies, "blobs")
        sections.append(Section("How often resamples gave each rank", drawn))
    lead = (
        "A rank set holds every rank that the data allow: with 95 % confidence all sets are right "
        f"at once. {_agreement(ranking.frequencies)}"
        if ranking.reason is None
        else f"There are no rank sets: {reason_text(ranking.reason)}."
    )
    return report_page("Ranking", lead.strip(), sections)


def _comparison_lead(comparison: Comparison, n_drawn: int) -> str:
    """Say what was compared, and why there may be no p-values."""
    scored = comparison.scored
    without = [one.name for one in scored if one.replicates is None]
    words = f"{len(scored)} results of kind {scored[0].result.kind}. "
    if without:
        words += f"No intervals and no p-values: there are no resamples of {', '.join(without)}."
    elif comparison.tests is None:
        words += f"No p-values: {reason_text(Reason.NO_VARIANCE)}."
    else:
        words += f"p-values are adjusted for all {len(comparison.pairs)} pairs among them."
    return words + (f" The best {n_drawn} are drawn." if n_drawn < len(scored) else "")


def _agreement(frequencies: RankFrequencies | Undefined) -> str:
    """Say how far the resamples' rankings agree with the full one."""
    if isinstance(frequencies, Undefined) or isinstance(frequencies.tau, Undefined):
        return ""
    tau = frequencies.tau
    return (
        f"Kendall's tau of the ranking with {frequencies.n_resamples:,} resampled ones: mean "
        f"{fixed(tau.mean, 2)}, middle half {fixed(tau.lower_quartile, 2)} to "
        f"{fixed(tau.upper_quartile, 2)} (1: the same order)."
    )


def _best_first(scored: Sequence[SavedResult]) -> list[SavedResult]:
    return [one for _, one in sorted(zip(_places(scored), scored, strict=True), key=_place_name)]


def _place_name(placed: tuple[int, SavedResult]) -> tuple[int, str]:
    return placed[0], placed[1].name


def _forest(scored: Sequence[SavedResult]) -> Plot:
    rows = [ForestRow(one.name, estimate_of(one.result)) for one in _best_first(scored)]
    return forest_plot(rows, SCORE_NAMES[scored[0].result.kind], "scores", decimals=4)


def _places(scored: Sequence[SavedResult]) -> list[int]:
    return [place for place in ranks(scores_of(scored)) if place is not None]


def _pairs(comparison: Comparison) -> PlotTable:
    columns: tuple[str, ...] = ("Pair", "Difference", "95 % interval", "p, adjusted")
    closed = comparison.pairs[0].closed_form
    if closed is not None:
        columns += (f"p of {CLOSED_FORM_NAMES[closed.name]}, adjusted",)
    rows = tuple(_pair_row(pair) for pair in comparison.pairs)
    caption = "Score of the first minus score of the second, on the same resamples"
    return PlotTable(caption, columns, rows)


def _pair_row(pair: Pair) -> tuple[str, ...]:
    closed, interval = pair.closed_form, pair.interval
    ends = NO_VALUE_TEXT
    if isinstance(interval, Interval):
        ends = f"{signed(interval.low, 4)} to {signed(interval.high, 4)}"
    return (
        f"{pair.first} minus {pair.second}",
        signed(pair.difference, 4),
        ends,
        NO_VALUE_TEXT if pair.adjusted_p is None else p_value_text(pair.adjusted_p),
        *([] if closed is None else [p_value_text(closed.adjusted_p)]),
    )


def _froc_sections(best_results: Sequence[SavedResult]) -> list[Section]:
    series = [froc_series(one.result, one.name) for one in best_results]
    sections = [
        Section("FROC curves", froc_plot(series, slide_set(best_results[0].result), "froc"))
    ]
    for number, (one, other) in enumerate(combinations(best_results, 2)):
        curve = _difference(one, other)
        if curve is not None:
            heading = f"{one.name} minus {other.name}"
            sections.append(Section(heading, difference_plot(curve, f"difference-{number}")))
    return sections


def _roc_sections(best_results: Sequence[SavedResult]) -> list[Section]:
    series = [roc_series(one.result, one.name) for one in best_results]
    return [Section("ROC curves", roc_plot(series, *slide_counts(best_results[0].result), "roc"))]


def _from_to_sections(best_results: Sequence[SavedResult]) -> list[Section]:
    return [_from_to(*pair, number) for number, pair in enumerate(combinations(best_results, 2))]


def _difference(one: SavedResult, other: SavedResult) -> DifferenceCurve | None:
    if one.replicates is None or other.replicates is None:
        return None
    first, second = one.replicates.sensitivity_at, other.replicates.sensitivity_at
    if first is None or second is None:
        return None
    spread = np.asarray(first, np.float64) - second
    low, high = np.nanquantile(spread, _TAILS, axis=1)
    estimate = _sensitivities(one) - _sensitivities(other)
    return DifferenceCurve(one.name, other.name, np.array(FP_RATES), estimate, low, high)


def _sensitivities(saved: SavedResult) -> NDArray[np.float64]:
    froc = cast("dict[str, Any]", saved.result.aggregates["froc"])
    return np.array([froc["sensitivity_at"][f"{rate:g}"] for rate in FP_RATES])


def _from_to(one: SavedResult, other: SavedResult, number: int) -> Section:
    counts = np.zeros((len(STAGES), len(STAGES)), dtype=np.int64)
    for patient in one.result.case:
        counts[_stage(one, patient), _stage(other, patient)] += 1
    names = (one.name, other.name)
    plot = from_to_plot(counts, STAGES, names, "patients", f"from-to-{number}")
    return Section(f"From {one.name} to {other.name}", plot)


def _stage(saved: SavedResult, patient: str) -> int:
    return STAGES.index(cast("dict[str, Any]", saved.result.case[patient])["stage"])


def _ranking_table(ranking: Ranking) -> PlotTable:
    columns = ("Result", "Rank", "Rank set", "Score", "95 % interval")
    return PlotTable("Best first", columns, tuple(_ranking_row(row) for row in ranking.rows))


def _ranking_row(row: RankedResult) -> tuple[str, ...]:
    ends = row.interval
    return (
        row.name,
        NO_VALUE_TEXT if row.rank is None else str(row.rank),
        NO_VALUE_TEXT if row.rank_set is None else _ranks_text(*row.rank_set),
        "undefined" if row.score is None else fixed(row.score, 4),
        NO_VALUE_TEXT if ends is None else f"{fixed(ends['low'], 4)} to {fixed(ends['high'], 4)}",
    )


def _ranks_text(best: int, worst: int) -> str:
    return str(best) if best == worst else f"{best} to {worst}"


_DRAWN_OF_KIND = {
    Kind.LESIONS: _froc_sections,
    Kind.SLIDES: _roc_sections,
    Kind.STAGING: _from_to_sections,
}
