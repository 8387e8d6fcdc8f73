"""Puts the evaluator's plots into pages: intervals beside a board's rows, and a whole result."""

from dataclasses import dataclass

from markupsafe import Markup

from evaluator.plots.estimates import Estimate
from evaluator.plots.forest_plot import forest_strip
from evaluator.plots.tables import PlotTable, table_html
from evaluator.reports import Section, result_sections
from evaluator.results import result_from_json
from webapp.services.boards.leaderboard import BoardRow
from webapp.services.release.allow_list import SubmissionView

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
"""Needed in an SVG file, not within a page."""


def svg_markup(svg: str) -> Markup:
    """Return an SVG picture as part of a page; the evaluator has escaped every text in it."""
    return Markup(svg.replace(_NAMESPACE, "", 1))  # noqa: S704 - written by the evaluator


def forest_strips(rows: tuple[BoardRow, ...]) -> dict[str, Markup]:
    """Return a picture by submission for the rows that have an interval, all on one axis."""
    bounded = [row for row in rows if row.interval is not None and row.score is not None]
    numbers = [number for row in bounded for number in (*_ends(row), row.score or 0.0)]
    if not numbers or min(numbers) == max(numbers):
        return {}
    axis = min(numbers), max(numbers)
    return {
        row.submission: _strip(Estimate(row.score, *_ends(row)), axis, f"strip-{place}")
        for place, row in enumerate(bounded)
    }


def _strip(estimate: Estimate, axis: tuple[float, float], prefix: str) -> Markup:
    return svg_markup(forest_strip(estimate, *axis, prefix))


def _ends(row: BoardRow) -> tuple[float, float]:
    return (0.0, 0.0) if row.interval is None else row.interval


@dataclass(frozen=True, slots=True)
class PagePlot:
    """A picture and the numbers behind it, ready for a page."""

    heading: str
    picture: Markup
    numbers: Markup


def result_plots(view: SubmissionView) -> list[PagePlot]:
    """Draw a submission's result; nothing where the release does not show it to this viewer."""
    if view.result is None:
        return []
    sections = result_sections(result_from_json(view.result), view.method or view.team)
    return [_page_plot(section) for section in sections]


def _page_plot(section: Section) -> PagePlot:
    content = section.content
    if isinstance(content, PlotTable):
        return PagePlot(section.heading, Markup(""), _numbers(content))
    return PagePlot(section.heading, svg_markup(content.svg), _numbers(content.table))


def _numbers(table: PlotTable) -> Markup:
    return Markup(table_html(table))  # noqa: S704 - every text in it is escaped
