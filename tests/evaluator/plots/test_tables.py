"""Tests the numbers beside a plot."""

import pytest

from evaluator.plots.tables import PlotTable, table_html


def test_a_row_must_have_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="2 cells in a table of 1 columns"):
        PlotTable("Caption", ("One",), (("a", "b"),))


def test_a_table_has_a_caption_and_scopes_and_is_escaped() -> None:
    table = PlotTable("A & B", ("Name", "<i>"), (('"x"', "1 < 2"),))

    assert table_html(table) == (
        "<table>\n<caption>A &amp; B</caption>\n"
        '<thead><tr><th scope="col">Name</th><th scope="col">&lt;i&gt;</th></tr></thead>\n'
        '<tbody>\n<tr><th scope="row">&quot;x&quot;</th><td>1 &lt; 2</td></tr>\n'
        "</tbody>\n</table>\n"
    )
