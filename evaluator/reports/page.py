"""Writes one self-contained HTML page of plots, each with its numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from evaluator.plots.tables import Plot, PlotTable, table_html

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
svg { display: block; width: 100%; max-width: 36rem; height: auto; }
h1, h2, p { overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 0 0 1rem; min-width: min(100%, 24rem); }
td { font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { border-bottom: 1px solid #8888; padding: .2rem .7rem .2rem 0; text-align: left; }
td { white-space: nowrap; }
.scroll { overflow-x: auto; }
.words td { white-space: normal; overflow-wrap: anywhere; }
@media print {
  body { max-width: none; margin: 0; padding: 0; }
  svg, tr { break-inside: avoid; }
  h2, caption, thead, summary { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a plot, or with a table alone.

    ``is_breakable`` lets the cells of a table break, where they hold digests.
    """

    heading: str
    content: Plot | PlotTable
    is_breakable: bool = False


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
        table = _scrolled(section.content, is_breakable=section.is_breakable)
        return f"<section>\n{heading}\n{table}\n</section>"
    return (
        f"<section>\n{heading}\n{section.content.svg}"
        f"<details><summary>The numbers</summary>\n"
        f"{_scrolled(section.content.table)}</details>\n</section>"
    )


def _scrolled(table: PlotTable, *, is_breakable: bool = False) -> str:
    """Let a wide table scroll on a narrow page, by keyboard too."""
    words = "scroll words" if is_breakable else "scroll"
    return (
        f'<div class="{words}" tabindex="0" role="region" aria-label="{escape(table.caption)}">'
        f"{table_html(table)}</div>"
    )
