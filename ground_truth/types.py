"""Defines the frozen records of a loaded ground truth, which the evaluator scores against."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

EVALUATION_LEVEL = 5
"""Pyramid level of every evaluation mask: one pixel stands for 32 x 32 level-0 pixels."""


class Kind(StrEnum):
    """What a phase asks its participants for."""

    LESIONS = "lesions"
    SLIDES = "slides"
    STAGING = "staging"


class Dimensions(StrEnum):
    """How a slide's size is known; an assumed size bounds nothing and is not published."""

    MEASURED = "measured"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class EvaluationMask:
    """Labelled regions of one slide, cropped to where they are.

    Attributes
    ----------
    labels : (rows, columns) uint16
        Level-5 label raster, 0 is background; labels run 1..n in raster order of the whole slide.
    x0, y0 : int
        Level-5 column and row of ``labels[0, 0]`` in the slide's frame.
    is_itc_sized : (n + 1,) bool
        True for regions too small to count, indexed by label; entry 0 is False.
    feret_um : (n + 1,) float64 or None
        Maximum Feret diameter of the undilated annotation inside each region, indexed by label, at
        the slide's own spacing; entry 0 is 0. None where the version does not hold it.
    """

    labels: NDArray[np.uint16]
    x0: int
    y0: int
    is_itc_sized: NDArray[np.bool_]
    feret_um: NDArray[np.float64] | None = None

    @property
    def lesion_labels(self) -> NDArray[np.int64]:
        """Labels of the regions that count as lesions, rising, shape (n_lesions,)."""
        return np.flatnonzero(~self.is_itc_sized)[1:]

    def labels_at(self, x5: NDArray[np.int64], y5: NDArray[np.int64]) -> NDArray[np.int64]:
        """Look up the label under each level-5 pixel (x5, y5); outside the crop is background.

        Both arguments have shape (n,), and so has the result.
        """
        rows, columns = self.labels.shape
        column, row = x5 - self.x0, y5 - self.y0
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        found = np.zeros(x5.shape, dtype=np.int64)
        found[inside] = self.labels[row[inside], column[inside]]
        return found


@dataclass(frozen=True, slots=True)
class SlideTruth:
    """Everything known of one slide.

    Attributes
    ----------
    width, height : int or None
        Level-0 pixels; None where the source gives no size.
    spacing_um : float
        Micrometres per level-0 pixel.
    label : str
        ``tumour`` or ``normal``.
    category : str or None
        The reference's own word where it has one: ``macro``, ``micro``, ``none`` (CAMELYON16).
    kinds : frozenset of Kind
        What the slide is scored for, after all exclusions, those that follow from labels included.
        The case list reflects only the public exclusions, so it may name more kinds.
    mask : EvaluationMask or None
        Regions at the protocol's 0.243 um; None on a slide not used for lesions.
    mask_own_spacing : EvaluationMask or None
        Regions at the slide's own spacing; the same object where that is 0.243 um.
    """

    slide: str
    width: int | None
    height: int | None
    dimensions: Dimensions
    spacing_um: float
    label: str
    category: str | None
    centre: str | None
    kinds: frozenset[Kind]
    mask: EvaluationMask | None = None
    mask_own_spacing: EvaluationMask | None = None


@dataclass(frozen=True, slots=True)
class PatientTruth:
    """One patient's pN stage and the category of each of its nodes, by node name."""

    patient: str
    stage: str
    centre: str | None
    nodes: dict[str, str]


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """One immutable version of the reference standard, slides and patients in name order."""

    version: str
    layout: str
    slides: tuple[SlideTruth, ...] = ()
    patients: tuple[PatientTruth, ...] = ()
    manifest: dict[str, object] = field(default_factory=dict)

    def slides_for(self, kind: Kind) -> tuple[SlideTruth, ...]:
        """Return the slides that are scored for a kind, in name order."""
        return tuple(slide for slide in self.slides if kind in slide.kinds)
