"""Draws ROC curves of slide confidences, with the area under each and its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.plots.axes import UNIT_TICKS, Frame, Scale, bottom_axis, left_axis
from evaluator.plots.checks import require_curve, require_shares
from evaluator.plots.curve_labels import CurveLabel, draw_curve_labels, room_for
from evaluator.plots.curves import curve_shape, straight_path
from evaluator.plots.estimates import Estimate, interval_text, numbers_text, value_text
from evaluator.plots.notes import Note, draw_notes
from evaluator.plots.palette import SERIES_INKS, Ink, mark
from evaluator.plots.svg import WIDTH, group, line, picture
from evaluator.plots.tables import Plot, PlotTable

Floats = NDArray[np.float64]

_SIDE = 266.0
_MARKS = "Marks tell the curves apart; they lie where sensitivity equals specificity."


@dataclass(frozen=True, slots=True)
class RocSeries:
    """One curve from (0, 0) to (1, 1), (n_points,) float64 arrays, and its area."""

    label: str
    false_positive_rate: Floats
    sensitivity: Floats
    auc: Estimate


def roc_points(is_positive: NDArray[np.bool_], confidence: Floats) -> tuple[Floats, Floats]:
    """Trace false positive rate and sensitivity over falling thresholds, equal ones together.

    Parameters
    ----------
    is_positive : (n_slides,) bool
    confidence : (n_slides,) float64
        Submitted confidence that the slide holds a metastasis.

    Returns
    -------
    false_positive_rate, sensitivity : (n_thresholds + 1,) float64
        From (0, 0) to (1, 1).

    Raises
    ------
    ValueError
        When shapes differ, a confidence is not finite, or a class is missing.
    """
    n_positive = int(is_positive.sum())
    if is_positive.shape != confidence.shape or not np.isfinite(confidence).all():
        raise ValueError(f"{is_positive.shape} classes and {confidence.shape} confidences")
    if n_positive in {0, is_positive.size}:
        raise ValueError("a ROC curve needs both classes")
    thresholds = np.unique(confidence)[::-1]
    return (
        _shares_at_least(confidence[~is_positive], thresholds),
        _shares_at_least(confidence[is_positive], thresholds),
    )


def roc_plot(
    series: Sequence[RocSeries], n_positive: int, n_negative: int, prefix: str, note: str = ""
) -> Plot:
    """Draw curves, straight between their points, each with its area and interval.

    Parameters
    ----------
    n_positive, n_negative : int
        Slides with and without metastasis.

    Raises
    ------
    ValueError
        When arrays make no curve, or there are more curves than can be told apart.
    """
    _check(series)
    side = max(_SIDE, room_for(len(series)) - 16)
    frame = Frame(left=34, top=30, width=_SIDE, height=side)
    across, up = Scale(0, 1, frame.left, frame.right), Scale(0, 1, frame.bottom, frame.top)
    chance = line(
        frame.left, frame.bottom, frame.right, frame.top, stroke_dasharray="2 4", stroke_opacity=0.6
    )
    curves = [
        group(ink.css_class, [_drawn(one, ink, across, up)])
        for one, ink in zip(series, SERIES_INKS, strict=False)
    ]
    body = [*_axes(frame, across, up), chance, *curves, _names(series, frame, up)]
    slides = f"{n_positive} slides with and {n_negative} without metastasis."
    notes = [Note(slides), *[Note(_area_text(one)) for one in series], Note(_MARKS), Note(note)]
    below, height = draw_notes(notes, frame.bottom + 44)
    described = " ".join([slides, *[_area_text(one) for one in series]])
    title = "ROC curve" if len(series) == 1 else "ROC curves"
    return Plot(
        picture(prefix, title, described, height, [*body, below]),
        _table(series, f"Area under the ROC curve. {slides} {note}".strip()),
    )


def _shares_at_least(confidence: Floats, thresholds: Floats) -> Floats:
    below = np.searchsorted(np.sort(confidence), thresholds, side="left")
    return np.concatenate([[0.0], (confidence.size - below) / confidence.size])


def _check(series: Sequence[RocSeries]) -> None:
    for one in series:
        require_curve(one.label, one.false_positive_rate, one.sensitivity)
        require_shares(one.label, one.false_positive_rate, one.sensitivity)
        ends = one.false_positive_rate[[0, -1]], one.sensitivity[[0, -1]]
        if not all(np.array_equal(end, [0, 1]) for end in ends):
            raise ValueError(f"{one.label}: a ROC curve runs from (0, 0) to (1, 1)")
    if len(series) > len(SERIES_INKS):
        raise ValueError(f"{len(series)} curves, {len(SERIES_INKS)} can be told apart")


def _axes(frame: Frame, across: Scale, up: Scale) -> list[str]:
    columns = [(across.position(value), words) for value, words in UNIT_TICKS]
    rows = [(up.position(value), words) for value, words in UNIT_TICKS]
    return [
        *bottom_axis(frame, columns, "False positive rate"),
        *left_axis(frame, rows, "Sensitivity"),
    ]


def _drawn(series: RocSeries, ink: Ink, across: Scale, up: Scale) -> str:
    xs = [across.position(x) for x in series.false_positive_rate.tolist()]
    path = straight_path(xs, [up.position(y) for y in series.sensitivity.tolist()])
    x, y = _middle(series)
    return curve_shape(path, ink) + mark(
        ink.shape, across.position(x), up.position(y), 5, fill=ink.colour
    )


def _middle(series: RocSeries) -> tuple[float, float]:
    """Find where a curve meets the falling diagonal: all curves end in one corner."""
    balance = series.sensitivity + series.false_positive_rate
    x = float(np.interp(1.0, balance, series.false_positive_rate))
    return x, float(np.interp(1.0, balance, series.sensitivity))


def _names(series: Sequence[RocSeries], frame: Frame, up: Scale) -> str:
    labels = [
        CurveLabel(
            one.label,
            value_text(one.auc.value),
            up.position(_middle(one)[1]),
            ink,
            has_leader=False,
        )
        for one, ink in zip(series, SERIES_INKS, strict=False)
    ]
    return draw_curve_labels(labels, frame.right, WIDTH, frame.top - 8, frame.bottom + 8)


def _area_text(series: RocSeries) -> str:
    return f"{series.label}: AUC {numbers_text(series.auc)}."


def _table(series: Sequence[RocSeries], caption: str) -> PlotTable:
    rows = [(one.label, value_text(one.auc.value), interval_text(one.auc)) for one in series]
    return PlotTable(caption, ("Curve", "Area under the curve", "Interval"), tuple(rows))
