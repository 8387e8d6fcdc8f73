"""The pictures of a result on the page of its submission, each with its numbers as a table."""

from dataclasses import dataclass

from markupsafe import Markup

from evaluator.plots.tables import PlotTable, table_html
from evaluator.reports.page import Section
from evaluator.reports.result import result_sections
from evaluator.results.result import result_from_json
from webapp.services.release.allow_list import SubmissionView
from webapp.web.rendering.drawings import drawing


@dataclass(frozen=True, slots=True)
class ShownPlot:
    """A picture and the numbers behind it, ready for a page."""

    heading: str
    picture: Markup
    numbers: Markup


def result_plots(view: SubmissionView) -> list[ShownPlot]:
    """Draw a submission's result; nothing where the release does not show it to this viewer."""
    if view.result is None:
        return []
    sections = result_sections(result_from_json(view.result), view.method or view.team)
    return [_shown(section) for section in sections]


def _shown(section: Section) -> ShownPlot:
    content = section.content
    if isinstance(content, PlotTable):
        return ShownPlot(section.heading, Markup(""), _numbers(content))
    return ShownPlot(section.heading, drawing(content.svg), _numbers(content.table))


def _numbers(table: PlotTable) -> Markup:
    return Markup(table_html(table))  # noqa: S704 - every text in it is escaped
