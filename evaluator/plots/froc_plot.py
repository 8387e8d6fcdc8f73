"""Draws FROC curves, sensitivity over false positives per slide, as the CAMELYON16 paper."""

from collections.abc import Sequence

from evaluator.metrics.froc import FP_RATES, mean_in_order
from evaluator.plots.axes import (
    FROC_TICKS,
    LAST_RATE,
    RATE_NAME,
    UNIT_TICKS,
    Frame,
    FrocScale,
    Scale,
    bottom_axis,
    left_axis,
    linear_part,
)
from evaluator.plots.curve_labels import CurveLabel, draw_curve_labels, room_for
from evaluator.plots.curves import band, curve_shape, step_path
from evaluator.plots.froc_series import (
    JAMA_PATHOLOGIST,
    Band,
    FrocSeries,
    ReferencePoint,
    SlideSet,
    check_series,
    scored_sensitivity,
    set_text,
)
from evaluator.plots.froc_table import SCORED_POINTS, froc_table, reference_text
from evaluator.plots.notes import Note, draw_notes
from evaluator.plots.number_text import fixed
from evaluator.plots.palette import BACKGROUND_INK, SERIES_INKS, Ink, hollow, mark
from evaluator.plots.svg import PAGE_COLOUR, WIDTH, group, line, picture
from evaluator.plots.tables import Plot

__all__ = [
    "JAMA_PATHOLOGIST",
    "Band",
    "FrocSeries",
    "ReferencePoint",
    "SlideSet",
    "froc_plot",
    "scored_sensitivity",
]

_LOWEST = 264.0


def froc_plot(
    series: Sequence[FrocSeries],
    slide_set: SlideSet,
    prefix: str,
    references: Sequence[ReferencePoint] = (JAMA_PATHOLOGIST,),
    note: str = "",
) -> Plot:
    """Draw curves with their bands, the six points that make the score, and reference points.

    Parameters
    ----------
    series : sequence of FrocSeries
        At most eight that are not in the background; none at all draws the references alone.
    prefix : str
        Start of the ids, unique on the page.
    note : str
        Added to the words below the plot, such as how many resamples a band rests on.

    Raises
    ------
    ValueError
        When arrays make no curve, or there are more curves than can be told apart.
    """
    for one in series:
        check_series(one)
    foreground = [one for one in series if not one.is_background]
    if len(foreground) > len(SERIES_INKS):
        raise ValueError(f"{len(foreground)} curves, {len(SERIES_INKS)} can be told apart")
    frame = _frame(len(foreground))
    across = FrocScale(frame.left, frame.right)
    up = Scale(0, 1, frame.bottom, frame.top)
    body = [
        *_axes(frame, across, up),
        *_curves(series, across, up),
        _names(foreground, frame, up),
        *[_reference(point, slide_set, across, up) for point in references],
    ]
    below, height = draw_notes(_notes(series, slide_set, references, note), frame.bottom + 44)
    title = "FROC curve" if len(foreground) == 1 else "FROC curves"
    described = _described(foreground, slide_set)
    return Plot(
        picture(prefix, title, described, height, [*body, below]),
        froc_table(series, slide_set, references, note),
    )


def _frame(n_labels: int) -> Frame:
    """Return the plotting area, high enough for the names of all curves."""
    return Frame(left=34, top=30, width=266, height=max(_LOWEST, room_for(n_labels) - 16))


def _axes(frame: Frame, across: FrocScale, up: Scale) -> list[str]:
    rates = [(across.position(rate), words) for rate, words in FROC_TICKS]
    shares = [(up.position(share), words) for share, words in UNIT_TICKS]
    return [
        linear_part(frame, across),
        *bottom_axis(frame, rates, RATE_NAME),
        *left_axis(frame, shares, "Sensitivity"),
    ]


def _curves(series: Sequence[FrocSeries], across: FrocScale, up: Scale) -> list[str]:
    """Draw the background first, then bands, then curves, so that no band hides a curve."""
    behind = [_drawn(one, BACKGROUND_INK, across, up) for one in series if one.is_background]
    inked = list(zip([one for one in series if not one.is_background], SERIES_INKS, strict=False))
    bands = [
        group(f"{ink.css_class} plot-band", _band(one.band, ink, across, up))
        for one, ink in inked
        if one.band is not None
    ]
    curves = [
        group(ink.css_class, [_drawn(one, ink, across, up), *_points(one, ink, across, up)])
        for one, ink in inked
    ]
    return [group("plot-background", behind), *bands, *curves]


def _drawn(series: FrocSeries, ink: Ink, across: FrocScale, up: Scale) -> str:
    """Draw the steps as far as the axis goes, dotted beyond the last operating point."""
    is_shown = series.fps_per_slide <= LAST_RATE
    rates = [0.0, *series.fps_per_slide[is_shown].tolist()]
    if not is_shown.all():
        rates.append(LAST_RATE)
    heights = [0.0, *series.sensitivity[is_shown].tolist()]
    heights += heights[-1:] * (len(rates) - len(heights))
    xs, ys = [across.position(x) for x in rates], [up.position(y) for y in heights]
    steps = curve_shape(step_path(xs, ys), ink, width=1 if ink is BACKGROUND_INK else 2)
    level = line(xs[-1], ys[-1], across.end, ys[-1], stroke=ink.colour, stroke_dasharray="1 3")
    return steps if xs[-1] == across.end else steps + level


def _band(shape: Band, ink: Ink, across: FrocScale, up: Scale) -> list[str]:
    xs = [across.position(x) for x in shape.fps_per_slide.tolist()]
    low = [up.position(y) for y in shape.low.tolist()]
    return band(xs, low, [up.position(y) for y in shape.high.tolist()], ink)


def _points(series: FrocSeries, ink: Ink, across: FrocScale, up: Scale) -> list[str]:
    return [
        mark(ink.shape, across.position(x), up.position(y), 4.5, fill=ink.colour)
        for x, y in zip(FP_RATES, scored_sensitivity(series), strict=True)
    ]


def _names(foreground: Sequence[FrocSeries], frame: Frame, up: Scale) -> str:
    labels = []
    for one, ink in zip(foreground, SERIES_INKS, strict=False):
        found = scored_sensitivity(one)
        labels.append(
            CurveLabel(one.label, fixed(mean_in_order(found), 3), up.position(found[-1]), ink)
        )
    return draw_curve_labels(labels, frame.right, WIDTH, frame.top - 8, frame.bottom + 8)


def _reference(point: ReferencePoint, own: SlideSet, across: FrocScale, up: Scale) -> str:
    x, y = across.position(point.fps_per_slide), up.position(point.sensitivity)
    return group("plot-reference", [_diamond(point, own, x, y)])


def _diamond(point: ReferencePoint, own: SlideSet, x: float, y: float) -> str:
    paint = hollow(PAGE_COLOUR) if point.slide_set.name != own.name else {"fill": PAGE_COLOUR}
    return mark("diamond", x, y, 6, **paint)


def _notes(
    series: Sequence[FrocSeries], own: SlideSet, references: Sequence[ReferencePoint], note: str
) -> list[Note]:
    notes = [Note(f"{set_text(own)}. The shaded part of the axis is linear.")]
    if any(not one.is_background for one in series):
        notes.append(Note(SCORED_POINTS, mark("circle", 0, 0, 4.5)))
    n_behind = sum(one.is_background for one in series)
    if n_behind:
        thin = line(-7, 0, 7, 0, stroke=BACKGROUND_INK.colour)
        notes.append(Note(f"Other submissions: {n_behind}", thin))
    notes += [Note(reference_text(point, own), _diamond(point, own, 0, 0)) for point in references]
    return [*notes, Note(note)]


def _described(foreground: Sequence[FrocSeries], own: SlideSet) -> str:
    scores = [
        f"{one.label}: mean {fixed(mean_in_order(scored_sensitivity(one)), 3)}"
        for one in foreground
    ]
    return f"Sensitivity over false positives per slide, {set_text(own)}. {'; '.join(scores)}"
