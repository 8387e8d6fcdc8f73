"""Holds what a FROC plot is made of: curves, bands, slides, published operating points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.froc import FrocCurve, sensitivity_at
from evaluator.plots.checks import require_curve, require_shares

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Band:
    """Pointwise interval of the sensitivity, three (n_rates,) float64 arrays, rates rising."""

    fps_per_slide: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class FrocSeries:
    """One curve from its strictest operating point to its loosest, (n_points,) float64 arrays.

    Attributes
    ----------
    is_background : bool
        Drawn grey and without operating points, for comparison with the others.
    """

    label: str
    fps_per_slide: Floats
    sensitivity: Floats
    band: Band | None = None
    is_background: bool = False


@dataclass(frozen=True, slots=True)
class SlideSet:
    """The slides that all curves of a plot are measured on."""

    name: str
    n_slides: int
    n_lesions: int | None = None


@dataclass(frozen=True, slots=True)
class ReferencePoint:
    """A published operating point; drawn hollow where its slides are not those of the curves."""

    label: str
    fps_per_slide: float
    sensitivity: float
    slide_set: SlideSet
    n_readers: int
    source: str


JAMA_PATHOLOGIST = ReferencePoint(
    label="Pathologist without time limit",
    fps_per_slide=0.0,
    sensitivity=0.724,
    slide_set=SlideSet("all129", n_slides=129),
    n_readers=1,
    source="JAMA 2017",
)
"""Ehteshami Bejnordi et al. (2017), JAMA 318(22), Figure 1, doi:10.1001/jama.2017.14585."""


def check_series(series: FrocSeries) -> None:
    """Refuse a series that cannot be drawn.

    Raises
    ------
    ValueError
        When its arrays, or those of its band, make no curve of shares.
    """
    require_curve(series.label, series.fps_per_slide, series.sensitivity)
    require_shares(series.label, series.sensitivity)
    if series.band is not None:
        require_curve(series.label, series.band.fps_per_slide, series.band.low, series.band.high)
        require_shares(series.label, series.band.low, series.band.high)


def scored_sensitivity(series: FrocSeries) -> tuple[float, ...]:
    """Read a curve at the six rates, as the score does."""
    threshold = np.zeros_like(series.fps_per_slide)
    return sensitivity_at(FrocCurve(threshold, series.fps_per_slide, series.sensitivity))


def set_text(slide_set: SlideSet) -> str:
    """Name slides and lesions, such as "128 slides (testing), 226 lesions"."""
    lesions = "" if slide_set.n_lesions is None else f", {slide_set.n_lesions} lesions"
    return f"{slide_set.n_slides} slides ({slide_set.name}){lesions}"
