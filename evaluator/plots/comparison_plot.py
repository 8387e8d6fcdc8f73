"""Draws two submissions compared: the difference of FROC curves, and stages of both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.plots.axes import (
    FROC_TICKS,
    RATE_NAME,
    Frame,
    FrocScale,
    Scale,
    Ticks,
    bottom_axis,
    left_axis,
    linear_part,
    round_ticks,
)
from evaluator.plots.checks import require_counts, require_curve, require_shares
from evaluator.plots.confusion_plot import agreement_text, counts_table, share_cells
from evaluator.plots.curves import band, curve_shape, straight_path
from evaluator.plots.matrix import Matrix, draw_matrix, higher_mark, lower_mark
from evaluator.plots.notes import Note, draw_notes
from evaluator.plots.number_text import signed
from evaluator.plots.palette import SERIES_INKS
from evaluator.plots.svg import group, label, line, picture
from evaluator.plots.tables import Plot, PlotTable

Floats = NDArray[np.float64]

_FRAME = Frame(left=50, top=30, width=376, height=240)
_UNIT_SCALE = FrocScale(0.0, 1.0)
_ROOM_FOR_WORDS = 1.2


@dataclass(frozen=True, slots=True)
class DifferenceCurve:
    """Sensitivity of the first less the second with its paired band, (n_rates,) float64 each."""

    first: str
    second: str
    fps_per_slide: Floats
    difference: Floats
    low: Floats
    high: Floats


def difference_plot(curve: DifferenceCurve, prefix: str, note: str = "") -> Plot:
    """Draw how far the first submission's sensitivity is above the second's, and a zero line.

    Raises
    ------
    ValueError
        When arrays make no curve, or a difference lies outside -1 to 1.
    """
    _check(curve)
    largest = max(
        float(np.abs(values).max()) for values in (curve.difference, curve.low, curve.high)
    )
    ticks = round_ticks(-_ROOM_FOR_WORDS * largest, _ROOM_FOR_WORDS * largest)
    across = FrocScale(_FRAME.left, _FRAME.right)
    up = Scale(ticks[0][0], ticks[-1][0], _FRAME.bottom, _FRAME.top)
    body = [*_axes(across, up, ticks), *_drawn(curve, across, up), *_sides(curve)]
    notes = [
        Note("Band: pointwise, paired: both submissions on the same resamples."),
        Note("The shaded part of the axis is linear."),
        Note(note),
    ]
    below, height = draw_notes(notes, _FRAME.bottom + 44)
    title = f"Difference of sensitivity, {curve.first} minus {curve.second}"
    rows = _rows(curve)
    words = "; ".join(f"at {rate}: {value} {interval}" for rate, value, interval in rows)
    return Plot(
        picture(prefix, title, words, height, [*body, below]),
        PlotTable(f"{title}. {note}".strip(), (RATE_NAME, "Difference", "Paired band"), rows),
    )


def from_to_plot(
    counts: NDArray[np.int64],
    labels: Sequence[str],
    names: tuple[str, str],
    unit: str,
    prefix: str,
    note: str = "",
) -> Plot:
    """Draw how the second submission classifies the units of each class of the first.

    Parameters
    ----------
    counts : (k, k) int64
        Units by class in the first (row) and in the second (column) submission, rising.
    names : (first, second)
    unit : str
        What is counted, such as "patients".

    Raises
    ------
    ValueError
        When counts are no square table of 2 to 5 classes, or all zero.
    """
    require_counts(counts, labels)
    first, second = names
    matrix = Matrix(share_cells(counts), labels, "First", "Second")
    shapes, bottom = draw_matrix(matrix)
    notes = [
        Note(f"First: {first}. Second: {second}. Per cent and shade: share of the row."),
        Note("The second is higher", higher_mark()),
        Note("The second is lower", lower_mark()),
        Note(note),
    ]
    below, height = draw_notes(notes, bottom)
    title = f"From {first} to {second}, {counts.sum()} {unit}"
    svg = picture(prefix, title, agreement_text(counts), height, [*shapes, below])
    return Plot(svg, counts_table(counts, labels, ("First", "second"), f"{title}. {note}"))


def _check(curve: DifferenceCurve) -> None:
    name = f"{curve.first} minus {curve.second}"
    require_curve(name, curve.fps_per_slide, curve.difference, curve.low, curve.high)
    require_shares(name, *(np.abs(part) for part in (curve.difference, curve.low, curve.high)))
    if (curve.low > curve.high).any():
        raise ValueError(f"{name}: a band whose ends are reversed")


def _axes(across: FrocScale, up: Scale, ticks: Ticks) -> list[str]:
    rates = [(across.position(rate), words) for rate, words in FROC_TICKS]
    values = [(up.position(value), words) for value, words in ticks]
    zero = up.position(0)
    return [
        linear_part(_FRAME, across),
        *bottom_axis(_FRAME, rates, RATE_NAME),
        *left_axis(_FRAME, values, "Difference of sensitivity"),
        line(_FRAME.left, zero, _FRAME.right, zero, stroke_width=1.6, class_="plot-zero"),
    ]


def _drawn(curve: DifferenceCurve, across: FrocScale, up: Scale) -> list[str]:
    ink = SERIES_INKS[0]
    xs = [across.position(x) for x in curve.fps_per_slide.tolist()]
    low, middle, high = (
        [up.position(y) for y in values.tolist()]
        for values in (curve.low, curve.difference, curve.high)
    )
    line_itself = curve_shape(straight_path(xs, middle), ink)
    return [
        group(f"{ink.css_class} plot-band", band(xs, low, high, ink)),
        group(ink.css_class, [line_itself]),
    ]


def _sides(curve: DifferenceCurve) -> list[str]:
    """Write inside the area on which side each submission is better."""
    room = _FRAME.width - 16
    return [
        label(f"{name} finds more", _FRAME.right - 8, y, room, text_anchor="end", fill_opacity=0.8)
        for name, y in ((curve.first, _FRAME.top + 18), (curve.second, _FRAME.bottom - 8))
    ]


def _rows(curve: DifferenceCurve) -> tuple[tuple[str, str, str], ...]:
    """Read the curve at the ticks of its axis that it reaches, straight between its rates."""
    xs = [_UNIT_SCALE.position(x) for x in curve.fps_per_slide.tolist()]
    first, last = float(curve.fps_per_slide[0]), float(curve.fps_per_slide[-1])
    rows = []
    for rate, words in FROC_TICKS:
        if first <= rate <= last:
            place = _UNIT_SCALE.position(rate)
            value, low, high = (
                float(np.interp(place, xs, part))
                for part in (curve.difference, curve.low, curve.high)
            )
            rows.append((words, signed(value, 3), f"[{signed(low, 3)}, {signed(high, 3)}]"))
    return tuple(rows)
