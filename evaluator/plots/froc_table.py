"""Lists the numbers and words that go with a FROC plot."""

from collections.abc import Sequence

import numpy as np

from evaluator.metrics.froc import FP_RATES, mean_in_order
from evaluator.plots.axes import FROC_TICKS, FrocScale
from evaluator.plots.estimates import Estimate, interval_text
from evaluator.plots.froc_series import (
    Band,
    FrocSeries,
    ReferencePoint,
    SlideSet,
    scored_sensitivity,
    set_text,
)
from evaluator.plots.number_text import fixed, trimmed
from evaluator.plots.tables import PlotTable

SCORED_POINTS = "Marks: interpolated linearly, as for the score, which is the mean of the six."
_COLUMNS = ("Curve or reader", "False positives per slide", "Sensitivity", "Pointwise band")
_WORDS_OF_RATE = dict(FROC_TICKS)
_UNIT_SCALE = FrocScale(0.0, 1.0)


def froc_table(
    series: Sequence[FrocSeries], own: SlideSet, references: Sequence[ReferencePoint], note: str
) -> PlotTable:
    """List the six points and the mean of every curve, then the references."""
    rows = [row for one in series for row in _rows(one)]
    rows += [
        (
            reference_text(point, own),
            trimmed(point.fps_per_slide, 4),
            fixed(point.sensitivity, 3),
            "",
        )
        for point in references
    ]
    caption = f"FROC: sensitivity at false positives per slide, {set_text(own)}. {note}".strip()
    return PlotTable(caption, _COLUMNS, tuple(rows))


def reference_text(point: ReferencePoint, own: SlideSet) -> str:
    """Say who a reference is and what it rests on."""
    readers = "one reader" if point.n_readers == 1 else f"{point.n_readers} readers"
    same = "" if point.slide_set.name == own.name else ", another set than the curves'"
    rate = trimmed(point.fps_per_slide, 4)
    return (
        f"{point.label} ({point.source}): {rate} FP, {fixed(point.sensitivity, 3)}; {readers}, "
        f"{point.slide_set.n_slides} slides{same}"
    )


def _rows(series: FrocSeries) -> list[tuple[str, ...]]:
    found = scored_sensitivity(series)
    rows = [
        (series.label, _WORDS_OF_RATE[rate], fixed(value, 3), _band_text(series.band, rate))
        for rate, value in zip(FP_RATES, found, strict=True)
    ]
    return [*rows, (series.label, "mean of the six", fixed(mean_in_order(found), 3), "")]


def _band_text(band: Band | None, rate: float) -> str:
    """Read the band as it is drawn: straight between its rates on the plot's axis."""
    if band is None or not band.fps_per_slide[0] <= rate <= band.fps_per_slide[-1]:
        return ""
    xs = [_UNIT_SCALE.position(x) for x in band.fps_per_slide.tolist()]
    low, high = (
        float(np.interp(_UNIT_SCALE.position(rate), xs, edge)) for edge in (band.low, band.high)
    )
    return interval_text(Estimate(None, low, high))
