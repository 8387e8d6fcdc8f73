"""Tests the SVG writer."""

import math

import pytest
from hypothesis import given, strategies as st

from evaluator.plots.svg import WIDTH, escaped, framed, group, label, number, picture, points, tag
from tests.evaluator.plots.reading import parsed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, "0.3"),
        (-0.001, "0"),
        (2.0, "2"),
        (100.0, "100"),
        (-1.5, "-1.5"),
        (1 / 3, "0.33"),
    ],
)
def test_a_coordinate_has_no_noise(value: float, expected: str) -> None:
    assert number(value) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_no_coordinate(value: float) -> None:
    with pytest.raises(ValueError, match="no coordinate"):
        number(value)


def test_an_element_writes_underscores_as_hyphens_and_escapes_values() -> None:
    element = tag("text", "x", stroke_width=1.5, class_='a"b')

    assert element == '<text stroke-width="1.5" class="a&quot;b">x</text>'


def test_an_empty_element_is_closed_at_once() -> None:
    assert tag("g") == "<g/>"
    assert group("plot-x", []) == ""


def test_points_are_pairs() -> None:
    assert points([1, 2.5], [3, 4]) == "1,3 2.5,4"


def test_a_label_that_is_cut_tells_the_whole_on_hovering() -> None:
    whole = "A very long name of a method that nobody can fit"

    cut = parsed(label(whole, 0, 0, width=100))

    title = cut.find("title")
    assert title is not None
    assert title.text == whole
    assert (title.tail or "").endswith("\N{HORIZONTAL ELLIPSIS}")
    assert len(title.tail or "") < 14


def test_a_label_that_fits_has_no_hover_text() -> None:
    assert label("A", 1, 2, width=100) == '<text x="1" y="2">A</text>'


@pytest.mark.parametrize("prefix", ["", "1a", 'a"', "a b", "a<", "ä"])
def test_a_prefix_must_be_an_identifier(prefix: str) -> None:
    with pytest.raises(ValueError, match="cannot start an id"):
        picture(prefix, "Title", "Words", 10, [])


def test_a_picture_of_any_size_names_its_view_box() -> None:
    root = parsed(framed("p", ("T", "D"), (120, 20), []))

    assert root.attrib["viewBox"] == "0 0 120 20"
    assert WIDTH == 440


@given(st.text())
def test_any_text_makes_a_well_formed_attribute_and_element(text: str) -> None:
    element = parsed(tag("text", escaped(text), id=text))

    assert element.tag == "text"
    assert element.attrib["id"] == (element.text or "")
