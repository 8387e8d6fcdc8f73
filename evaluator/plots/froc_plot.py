"""FROC curves: sensitivity over false positives per slide, drawn as the CAMELYON16 paper does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.plots.tables import Plot

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
        Drawn grey and without operating points, to see the others against.
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


def froc_plot(
    series: Sequence[FrocSeries],
    slide_set: SlideSet,
    prefix: str,
    references: Sequence[ReferencePoint] = (JAMA_PATHOLOGIST,),
    note: str = "",
) -> Plot:
    """Draw."""
    raise NotImplementedError
