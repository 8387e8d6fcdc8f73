"""One self-contained HTML page of plots, each with its numbers as a table behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from evaluator.plots.tables import Plot, PlotTable, table_html

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
svg { width: 100%; height: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { border-bottom: 1px solid #8888; padding: .2rem .7rem .2rem 0; text-align: left; }
.scroll { overflow-x: auto; }
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a plot, or with a table alone."""

    heading: str
    content: Plot | PlotTable


def report_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """Write a page that needs no other file, no script and no network; equal input, equal bytes."""
    body = "\n".join(_section(one) for one in sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n<p>{escape(lead)}</p>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    heading = f"<h2>{escape(section.heading)}</h2>"
    if isinstance(section.content, PlotTable):
        return f"<section>\n{heading}\n{_scrolled(section.content)}\n</section>"
    return (
        f"<section>\n{heading}\n{section.content.svg}"
        f"<details><summary>The numbers</summary>\n"
        f"{_scrolled(section.content.table)}</details>\n</section>"
    )


def _scrolled(table: PlotTable) -> str:
    return f'<div class="scroll">{table_html(table)}</div>'
