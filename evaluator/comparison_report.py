"""Reports of several results: compared pair by pair, or ranked."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from evaluator.compare import Comparison, Pair, scores_of
from evaluator.metrics.froc import FP_RATES
from evaluator.metrics.intervals import Interval, Undefined
from evaluator.metrics.ranking import ranks
from evaluator.metrics.staging import STAGES
from evaluator.plots.blob_plot import blob_plot
from evaluator.plots.comparison_plot import DifferenceCurve, difference_plot, from_to_plot
from evaluator.plots.forest_plot import ForestRow, forest_plot
from evaluator.plots.froc_plot import froc_plot
from evaluator.plots.significance_map import significance_map
from evaluator.plots.tables import Plot, PlotTable
from evaluator.rank import RankedResult, Ranking
from evaluator.report_page import Section, report_page
from evaluator.result_report import SCORE_NAMES, estimate_of, froc_series, slide_set
from evaluator.saved_results import SavedResult
from ground_truth.types import Kind

MOST_CURVES = 8
"""More than this cannot be told apart in one plot."""
_TAILS = (0.025, 0.975)


def comparison_report(comparison: Comparison) -> str:
    """Write a comparison as one HTML page."""
    scored = comparison.scored
    kind = scored[0].result.kind
    sections = [Section("Scores", _forest(scored)), Section("Pairs", _pairs(comparison))]
    if kind is Kind.LESIONS:
        sections += _curves(scored)
    if kind is Kind.STAGING:
        sections += [_from_to(*pair) for pair in combinations(scored, 2)]
    if comparison.tests is not None:
        names = [one.name for one in scored]
        drawn = significance_map(names, _places(scored), comparison.tests, "significance")
        sections.append(Section("Which can be told apart", drawn))
    lead = f"{len(scored)} results of kind {kind}; p-values are adjusted for all pairs among them."
    return report_page("Comparison", lead, sections)


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
        "Rank sets hold together with 95 % confidence; frequencies are no confidence."
        if ranking.reason is None
        else f"There are no rank sets: {ranking.reason}."
    )
    return report_page("Ranking", lead, sections)


def _forest(scored: Sequence[SavedResult]) -> Plot:
    rows = [ForestRow(one.name, estimate_of(one.result)) for one in scored]
    return forest_plot(rows, SCORE_NAMES[scored[0].result.kind], "scores", decimals=4)


def _places(scored: Sequence[SavedResult]) -> list[int]:
    return [place for place in ranks(scores_of(scored)) if place is not None]


def _pairs(comparison: Comparison) -> PlotTable:
    columns = ("Pair", "Difference", "95 % interval", "Adjusted p", "Closed form, adjusted p")
    rows = tuple(_pair_row(pair) for pair in comparison.pairs)
    return PlotTable("The first less the second of each pair", columns, rows)


def _pair_row(pair: Pair) -> tuple[str, ...]:
    closed, interval = pair.closed_form, pair.interval
    ends = "none"
    if isinstance(interval, Interval):
        ends = f"{interval.low:.4f} to {interval.high:.4f}"
    return (
        f"{pair.first} less {pair.second}",
        f"{pair.difference:.4f}",
        ends,
        "none" if pair.adjusted_p is None else f"{pair.adjusted_p:.4f}",
        "none" if closed is None else f"{closed.name}: {closed.adjusted_p:.4f}",
    )


def _curves(scored: Sequence[SavedResult]) -> list[Section]:
    shown = scored[:MOST_CURVES]
    series = [froc_series(one.result, one.name) for one in shown]
    sections = [Section("FROC curves", froc_plot(series, slide_set(shown[0].result), "froc"))]
    for number, (one, other) in enumerate(combinations(shown, 2)):
        curve = _difference(one, other)
        if curve is not None:
            heading = f"{one.name} less {other.name}"
            plot = difference_plot(curve, f"difference-{number}", "The band is pointwise.")
            sections.append(Section(heading, plot))
    return sections


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


def _from_to(one: SavedResult, other: SavedResult) -> Section:
    counts = np.zeros((len(STAGES), len(STAGES)), dtype=np.int64)
    for patient in one.result.case:
        counts[_stage(one, patient), _stage(other, patient)] += 1
    names = (one.name, other.name)
    prefix = f"from-{one.name}-to-{other.name}"
    plot = from_to_plot(counts, STAGES, names, "patients", _identifier(prefix))
    return Section(f"From {one.name} to {other.name}", plot)


def _stage(saved: SavedResult, patient: str) -> int:
    return STAGES.index(cast("dict[str, Any]", saved.result.case[patient])["stage"])


def _identifier(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)


def _ranking_table(ranking: Ranking) -> PlotTable:
    columns = ("Result", "Rank", "Rank set", "Score", "95 % interval")
    return PlotTable("Ranking", columns, tuple(_ranking_row(row) for row in ranking.rows))


def _ranking_row(row: RankedResult) -> tuple[str, ...]:
    ends = row.interval
    return (
        row.name,
        "none" if row.rank is None else str(row.rank),
        "none" if row.rank_set is None else f"{row.rank_set[0]} to {row.rank_set[1]}",
        "undefined" if row.score is None else f"{row.score:.4f}",
        "none" if ends is None else f"{ends['low']:.4f} to {ends['high']:.4f}",
    )
