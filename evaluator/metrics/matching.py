"""Decides what each detection of one slide hit: a lesion, an ignored region or nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MISSED = -np.inf
"""Score of a lesion that no detection hit; below every confidence."""


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """Outcome of one slide.

    Attributes
    ----------
    lesion_label : (n_lesions,) int64
        Label of each lesion, rising.
    lesion_score : (n_lesions,) float64
        Highest confidence among the detections in each lesion; `MISSED` if there is none.
    fp_confidence : (n_false_positives,) float64
        Confidence of each detection on background, in the order given.
    n_ignored : int
        Detections on ITC-sized regions: neither hit nor false positive.
    n_ignored_regions : int
        ITC-sized regions of the slide.
    """

    lesion_label: NDArray[np.int64]
    lesion_score: NDArray[np.float64]
    fp_confidence: NDArray[np.float64]
    n_ignored: int
    n_ignored_regions: int


def match(
    label: NDArray[np.int64], confidence: NDArray[np.float64], is_itc_sized: NDArray[np.bool_]
) -> Matching:
    """Match detections to regions by the label under each.

    Parameters
    ----------
    label : (n,) int64
        Region label under each detection, 0 for background.
    confidence : (n,) float64
        Confidence of each detection, above 0.
    is_itc_sized : (n_regions + 1,) bool
        True for regions that are ignored, indexed by label.

    Notes
    -----
    Rules of the CAMELYON16 evaluation (Ehteshami Bejnordi et al. 2017,
    doi:10.1001/jama.2017.14585): one hit a lesion, further detections in it do not count.
    """
    best = np.full(is_itc_sized.shape, MISSED)
    np.maximum.at(best, label, confidence)
    lesions = np.flatnonzero(~is_itc_sized)
    lesions = lesions[lesions > 0]
    return Matching(
        lesion_label=lesions,
        lesion_score=best[lesions],
        fp_confidence=confidence[label == 0],
        n_ignored=int(np.count_nonzero(is_itc_sized[label])),
        n_ignored_regions=int(np.count_nonzero(is_itc_sized)),
    )
