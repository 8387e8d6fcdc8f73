"""Draws curves: steps between empirical points, straight lines, and bands around them."""

from collections.abc import Sequence

from evaluator.plots.palette import Ink
from evaluator.plots.svg import number, points, tag

BAND_OPACITY = 0.16


def step_path(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Write a path that keeps each height until the next point, and ends level with the last.

    Points that do not change the height are left out.
    """
    drawn = f"M{number(xs[0])} {number(ys[0])}"
    x_drawn, height = xs[0], ys[0]
    for x, y in zip(xs[1:], ys[1:], strict=True):
        if y != height:
            drawn += f"H{number(x)}V{number(y)}"
            x_drawn, height = x, y
    return drawn if xs[-1] == x_drawn else f"{drawn}H{number(xs[-1])}"


def curve_shape(path: str, ink: Ink, width: float = 2) -> str:
    """Draw a path in the ink of a series."""
    dash = {"stroke_dasharray": ink.dash} if ink.dash else {}
    return tag(
        "path", d=path, fill="none", stroke=ink.colour, stroke_width=width,
        stroke_linejoin="round", **dash,
    )  # fmt: skip


def band(xs: Sequence[float], low: Sequence[float], high: Sequence[float], ink: Ink) -> list[str]:
    """Draw the area between two curves, and its edges as thin lines."""
    around = points([*xs, *reversed(xs)], [*low, *reversed(high)])
    area = tag("polygon", points=around, fill=ink.colour, fill_opacity=BAND_OPACITY)
    return [area, _edge(xs, low, ink), _edge(xs, high, ink)]


def straight_path(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Write a path of straight lines through points, those that repeat the last left out."""
    places: list[str] = []
    for x, y in zip(xs, ys, strict=True):
        place = f"{number(x)} {number(y)}"
        if not places or places[-1] != place:
            places.append(place)
    return "M" + "L".join(places)


def _edge(xs: Sequence[float], ys: Sequence[float], ink: Ink) -> str:
    return tag(
        "polyline",
        points=points(xs, ys),
        fill="none",
        stroke=ink.colour,
        stroke_width=0.8,
        stroke_opacity=0.7,
    )
