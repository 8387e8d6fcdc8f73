"""Draws rows of dots with intervals on one axis: words above each, numbers at the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.axes import Frame, Scale, Ticks, bottom_axis, round_ticks
from evaluator.plots.estimates import Estimate
from evaluator.plots.palette import SERIES_INKS, mark
from evaluator.plots.svg import PAGE_COLOUR, SMALL_SIZE, WIDTH, group, label, line, tag, text
from evaluator.plots.text_fit import width_of

ROW_HEIGHT = 40.0
_LEFT = 18.0
_TOP = 6.0
_CAP = 5.0


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One dot: its name, its numbers in words, and whether the plot is about it."""

    name: str
    numbers: str
    estimate: Estimate
    is_highlighted: bool = False


def ticks_around(estimates: Sequence[Estimate]) -> Ticks:
    """Choose an axis that holds every value and interval; 0 to 1 where there is none."""
    ends = [
        end
        for estimate in estimates
        for end in (estimate.value, estimate.low, estimate.high)
        if end is not None
    ]
    return round_ticks(min(ends, default=0.0), max(ends, default=1.0))


def draw_rows(rows: Sequence[IntervalRow], ticks: Ticks, axis_name: str) -> tuple[list[str], float]:
    """Draw rows from the top down; return them and the y below the axis' name.

    Raises
    ------
    ValueError
        When there is no row.
    """
    if not rows:
        raise ValueError("no row to draw")
    frame = Frame(_LEFT, _TOP, WIDTH - 2 * _LEFT, len(rows) * ROW_HEIGHT)
    scale = Scale(ticks[0][0], ticks[-1][0], frame.left, frame.right)
    places = [(scale.position(value), words) for value, words in ticks]
    shapes = bottom_axis(frame, places, axis_name)
    for index, row in enumerate(rows):
        top = frame.top + index * ROW_HEIGHT
        css_class = "plot-row plot-highlighted" if row.is_highlighted else "plot-row"
        shapes.append(group(css_class, _row(row, scale, frame, top)))
    return shapes, frame.bottom + 44


def draw_interval(estimate: Estimate, scale: Scale, y: float, *, is_highlighted: bool) -> list[str]:
    """Draw one interval with end caps, and its dot: a diamond where highlighted."""
    colour = SERIES_INKS[0].colour if is_highlighted else PAGE_COLOUR
    shapes = []
    if estimate.low is not None and estimate.high is not None:
        low, high = scale.position(estimate.low), scale.position(estimate.high)
        width = 3 if is_highlighted else 1.6
        shapes.append(line(low, y, high, y, stroke=colour, stroke_width=width))
        shapes += [
            line(x, y - _CAP, x, y + _CAP, stroke=colour, stroke_width=1.6) for x in (low, high)
        ]
    if estimate.value is not None:
        shape = "diamond" if is_highlighted else "circle"
        radius = 6.5 if is_highlighted else 4.5
        shapes.append(mark(shape, scale.position(estimate.value), y, radius, fill=colour))
    return shapes


def _row(row: IntervalRow, scale: Scale, frame: Frame, top: float) -> list[str]:
    weight = {"font_weight": "bold"} if row.is_highlighted else {}
    numbers = text(
        row.numbers, frame.right, top + 16, text_anchor="end", font_size=SMALL_SIZE, **weight
    )
    room = frame.width - width_of(row.numbers, SMALL_SIZE) * (1.1 if weight else 1) - 12
    named = label(row.name, frame.left, top + 16, room * (0.9 if weight else 1), **weight)
    shapes = [named, numbers]
    if row.is_highlighted:
        behind = tag(
            "rect",
            x=frame.left - 8,
            y=top,
            width=frame.width + 16,
            height=ROW_HEIGHT,
            rx=4,
            fill_opacity=0.07,
        )
        shapes.insert(0, behind)
    middle = top + 28
    return [*shapes, *draw_interval(row.estimate, scale, middle, is_highlighted=row.is_highlighted)]
