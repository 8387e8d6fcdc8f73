"""Draws scores with intervals among neighbours, and the strip for a leaderboard's row."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.axes import Scale
from evaluator.plots.estimates import Estimate, interval_text, numbers_text, value_text
from evaluator.plots.interval_rows import IntervalRow, draw_interval, draw_rows, ticks_around
from evaluator.plots.notes import Note, draw_notes
from evaluator.plots.svg import FAINT_OPACITY, framed, line, picture
from evaluator.plots.tables import Plot, PlotTable

_STRIP_WIDTH = 120.0
_STRIP_HEIGHT = 20.0
_STRIP_MARGIN = 6.0


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One submission's score; the one that the plot is about is highlighted."""

    label: str
    estimate: Estimate
    is_highlighted: bool = False


def forest_plot(
    rows: Sequence[ForestRow], score_name: str, prefix: str, note: str = "", decimals: int = 3
) -> Plot:
    """Draw scores one below the other in the given order, on one axis.

    Parameters
    ----------
    score_name : str
        Of the axis, such as "FROC score".
    decimals : int
        Of the numbers in words: no more than the reader may see.

    Raises
    ------
    ValueError
        When there is no row.
    """
    drawn = [
        IntervalRow(
            row.label, numbers_text(row.estimate, decimals), row.estimate, row.is_highlighted
        )
        for row in rows
    ]
    shapes, bottom = draw_rows(drawn, ticks_around([row.estimate for row in rows]), score_name)
    below, height = draw_notes([Note(note)], bottom)
    words = "; ".join(f"{row.name}: {row.numbers}" for row in drawn)
    svg = picture(prefix, f"{score_name} with intervals", words, height, [*shapes, below])
    cells = tuple(
        (
            row.label + (" (this submission)" if row.is_highlighted else ""),
            value_text(row.estimate.value, decimals),
            interval_text(row.estimate, decimals) or "undefined",
        )
        for row in rows
    )
    caption = f"{score_name} with intervals. {note}".strip()
    return Plot(svg, PlotTable(caption, ("Submission", score_name, "Interval"), cells))


def forest_strip(estimate: Estimate, low: float, high: float, prefix: str) -> str:
    """Draw one score and interval on a small axis from low to high, as SVG text alone.

    All rows of a board share the axis; what lies beyond it is cut off. The board's own columns
    hold the numbers, and the description repeats them.

    Raises
    ------
    ValueError
        When low is not below high.
    """
    if not low < high:
        raise ValueError(f"no axis from {low} to {high}")
    scale = Scale(low, high, _STRIP_MARGIN, _STRIP_WIDTH - _STRIP_MARGIN)
    middle = _STRIP_HEIGHT / 2
    cut = Estimate(
        *(_within(end, low, high) for end in (estimate.value, estimate.low, estimate.high))
    )
    body = [
        line(scale.start, middle, scale.end, middle, stroke_opacity=FAINT_OPACITY),
        *draw_interval(cut, scale, middle, is_highlighted=False),
    ]
    words = ("Score and interval", numbers_text(estimate, 2))
    return framed(
        prefix,
        words,
        (_STRIP_WIDTH, _STRIP_HEIGHT),
        body,
        css_class="plot-strip",
        width=_STRIP_WIDTH,
        height=_STRIP_HEIGHT,
    )


def _within(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else min(max(value, low), high)
