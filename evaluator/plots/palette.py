"""Defines colours, dashes and marks of series: each differs from the others in all three.

The colours are middle tones, at least 3 : 1 against white and against a dark page, of hues that
stay apart for people who see no red or no green; marks and direct labels say the same again.
"""

from dataclasses import dataclass

from evaluator.plots.svg import number, tag


@dataclass(frozen=True, slots=True)
class Ink:
    """How one series is drawn; an empty dash is a solid line."""

    css_class: str
    colour: str
    dash: str
    shape: str


SERIES_INKS = (
    Ink("plot-series-1", "#2a78c8", "", "circle"),
    Ink("plot-series-2", "#d1600f", "7 3", "square"),
    Ink("plot-series-3", "#14916b", "2 2.5", "triangle"),
    Ink("plot-series-4", "#b2549b", "9 3 2 3", "diamond"),
    Ink("plot-series-5", "#8a7414", "5 2", "inverted"),
    Ink("plot-series-6", "#6b62cf", "12 4", "plus"),
    Ink("plot-series-7", "#2c93ad", "4 2 1 2", "cross"),
    Ink("plot-series-8", "#c0485a", "1 3", "hexagon"),
)
"""Eight at most: more hues cannot be told apart."""

BACKGROUND_INK = Ink("plot-background", "#85888f", "", "circle")
"""Ink of the curves that others are compared with."""
HIGHER_COLOUR = "#d1600f"
"""Colour of units above the reference: over-staged."""
LOWER_COLOUR = "#2a78c8"
"""Colour of units below the reference: under-staged."""

_OUTLINES = {
    "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    "triangle": ((0, -1.1), (1.05, 0.8), (-1.05, 0.8)),
    "inverted": ((0, 1.1), (1.05, -0.8), (-1.05, -0.8)),
    "diamond": ((0, -1.25), (1.05, 0), (0, 1.25), (-1.05, 0)),
    "plus": (
        (-0.35, -1.1), (0.35, -1.1), (0.35, -0.35), (1.1, -0.35), (1.1, 0.35), (0.35, 0.35),
        (0.35, 1.1), (-0.35, 1.1), (-0.35, 0.35), (-1.1, 0.35), (-1.1, -0.35), (-0.35, -0.35),
    ),
    "cross": (
        (-1, -0.5), (-0.5, -1), (0, -0.5), (0.5, -1), (1, -0.5), (0.5, 0),
        (1, 0.5), (0.5, 1), (0, 0.5), (-0.5, 1), (-1, 0.5), (-0.5, 0),
    ),
    "hexagon": ((-1, 0), (-0.5, -0.9), (0.5, -0.9), (1, 0), (0.5, 0.9), (-0.5, 0.9)),
}  # fmt: skip
MARK_SHAPES = ("circle", *_OUTLINES)


def mark(shape: str, x: float, y: float, radius: float, **attributes: str | float) -> str:
    """Draw one of `MARK_SHAPES` around (x, y); the areas are about that of the circle.

    Raises
    ------
    ValueError
        When there is no such shape.
    """
    if shape == "circle":
        return tag("circle", cx=x, cy=y, r=radius, **attributes)
    if shape not in _OUTLINES:
        raise ValueError(f"no mark {shape!r}, but {MARK_SHAPES}")
    outline = " ".join(
        f"{number(x + radius * right)},{number(y + radius * down)}"
        for right, down in _OUTLINES[shape]
    )
    return tag("polygon", points=outline, **attributes)


def hollow(colour: str) -> dict[str, str | float]:
    """Return the attributes of a mark that is an outline alone."""
    return {"fill": "none", "stroke": colour, "stroke_width": 1.6}
