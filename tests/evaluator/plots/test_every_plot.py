"""Tests that every plot is safe, scalable, named, deterministic and has its numbers beside it."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evaluator.plots.estimates import Estimate
from evaluator.plots.forest_plot import forest_strip
from evaluator.plots.tables import Plot, table_html
from tests.evaluator.plots.reading import SVG, parsed
from tests.evaluator.plots.small_plots import every_plot

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = "</svg><script>alert(1)</script>\"'&amp;<b onload=x>\x00\x1b\ud800\u202eevil\u2066"
MARK_SHAPES = {"svg", "title", "desc", "g", "rect", "line", "text", "circle", "polygon"} | {
    "polyline",
    "path",
}
PLOTS = every_plot("A")
every_kind = pytest.mark.parametrize("kind", sorted(PLOTS))


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]


@every_kind
def test_equal_input_gives_the_bytes_that_it_always_gave(kind: str) -> None:
    # A change that is meant: look at the picture, then write PLOTS[kind].svg to the file.
    expected = (GOLDEN / f"{kind}.svg").read_bytes()

    assert PLOTS[kind].svg.encode() == expected


def test_the_strip_of_a_board_gives_the_bytes_that_it_always_gave() -> None:
    strip = forest_strip(Estimate(0.8, 0.7, 0.9), 0.0, 1.0, "row-1")

    assert strip.encode() == (GOLDEN / "strip.svg").read_bytes()


@every_kind
def test_a_picture_scales_and_has_a_name_and_a_description(kind: str) -> None:
    root = parsed(PLOTS[kind].svg)

    assert root.attrib["viewBox"].startswith("0 0 440 ")
    assert "width" not in root.attrib
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "p-title"
    title, description = root.findall(f"{SVG}title") + root.findall(f"{SVG}desc")
    assert (title.attrib["id"], description.attrib["id"]) == ("p-title", "p-desc")
    assert title.text
    assert description.text


@every_kind
def test_a_picture_needs_no_style_script_link_or_event(kind: str) -> None:
    elements = _Elements()

    elements.feed(PLOTS[kind].svg)

    assert set(elements.names) <= MARK_SHAPES
    assert not {name for name in elements.attributes if name.startswith("on") or name == "style"}
    assert not {"href", "xlink:href", "src"} & set(elements.attributes)


@every_kind
def test_numbers_have_two_decimals_at_most(kind: str) -> None:
    values = [
        value
        for element in parsed(PLOTS[kind].svg).iter()
        for name, value in element.attrib.items()
        if name not in {"id", "class", "aria-labelledby", "aria-describedby", "font-family"}
    ]

    assert re.findall(r"\d\.\d{3}|nan|inf|\de", " ".join(values)) == []


@every_kind
def test_ids_start_with_the_prefix(kind: str) -> None:
    ids = [element.attrib["id"] for element in parsed(PLOTS[kind].svg).iter() if element.get("id")]

    assert ids == ["p-title", "p-desc"]


@every_kind
def test_a_hostile_label_stays_text(kind: str) -> None:
    plot = every_plot(HOSTILE, note=HOSTILE)[kind]
    elements = _Elements()

    elements.feed(plot.svg + table_html(plot.table))

    assert not {"script", "b", "image", "foreignobject"} & set(elements.names)
    assert elements.names.count("svg") == 1
    assert "onload" not in elements.attributes
    assert plot.svg.encode("utf-8")
    assert parsed(plot.svg).tag == f"{SVG}svg"


@every_kind
def test_a_label_cannot_turn_the_direction_of_writing(kind: str) -> None:
    svg = every_plot(HOSTILE, note=HOSTILE)[kind].svg

    assert re.search("[\u202a-\u202e\u2066-\u2069]", svg) is None


@every_kind
def test_a_long_note_is_broken_into_lines_that_fit(kind: str) -> None:
    svg = every_plot("A", note="Intervals over slides from ten thousand resamples. " * 3)[kind].svg

    lines = [
        element.text or ""
        for element in parsed(svg).iter(f"{SVG}text")
        if "resamples" in (element.text or "")
    ]
    assert len(lines) >= 2
    assert max(map(len, lines)) <= 66


@every_kind
def test_a_table_with_numbers_comes_with_each_picture(kind: str) -> None:
    plot: Plot = PLOTS[kind]

    html = table_html(plot.table)

    assert plot.table.rows
    assert unescape(html).count('<th scope="row">') == len(plot.table.rows)
    assert re.search(r"\d", " ".join(cell for row in plot.table.rows for cell in row[1:]))
