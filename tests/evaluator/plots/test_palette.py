"""Tests inks and marks."""

import pytest

from evaluator.plots.palette import (
    BACKGROUND_INK,
    HIGHER_COLOUR,
    LOWER_COLOUR,
    MARK_SHAPES,
    SERIES_INKS,
    mark,
)

WHITE, DARK_PAGE = "#ffffff", "#191d27"


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("page", [WHITE, DARK_PAGE])
@pytest.mark.parametrize(
    "colour",
    sorted(
        {*(ink.colour for ink in SERIES_INKS), BACKGROUND_INK.colour, HIGHER_COLOUR, LOWER_COLOUR}
    ),
)
def test_every_colour_stands_out_on_light_and_dark_pages(colour: str, page: str) -> None:
    lighter, darker = sorted((_luminance(colour), _luminance(page)), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_series_differ_in_mark_and_dash_too() -> None:
    assert len({ink.shape for ink in SERIES_INKS}) == 8
    assert len({ink.dash for ink in SERIES_INKS}) == 8
    assert len({ink.colour for ink in SERIES_INKS}) == 8


def test_every_shape_can_be_drawn_and_no_other() -> None:
    assert len({mark(shape, 0, 0, 5) for shape in MARK_SHAPES}) == 8
    with pytest.raises(ValueError, match="no mark 'star'"):
        mark("star", 0, 0, 5)


def test_a_square_lies_around_its_middle() -> None:
    assert mark("square", 10, 20, 10) == '<polygon points="1.5,11.5 18.5,11.5 18.5,28.5 1.5,28.5"/>'
