"""What each annotation group of CAMELYON means: tumour, or tissue cut out of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations.records import NO_GROUP, Annotation

TUMOUR_GROUPS = ("_0", "_1", "Tumor", "metastases")
"""CAMELYON16's own groups, and CAMELYON17's under both names found in circulation."""

CUT_OUT_GROUPS = ("_2", "Exclusion", "normal")
"""Painted after tumour, as the data sets' conversion recipes do."""

KNOWN_GROUPS = frozenset(TUMOUR_GROUPS + CUT_OUT_GROUPS)

Ring = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outlines:
    """One slide's rings by role, each of shape (n, 2), float32 level-0 (x, y).

    ``ignored`` names the annotations in no group, which count for nothing, as with ASAP.
    """

    tumour: tuple[Ring, ...]
    cut_out: tuple[Ring, ...]
    ignored: tuple[str, ...] = ()


def outlines_of(annotations: Sequence[Annotation]) -> Outlines:
    """Sort annotations, read with `KNOWN_GROUPS`, into their roles; document order is kept."""
    return Outlines(
        tumour=tuple(a.vertices for a in annotations if a.group in TUMOUR_GROUPS),
        cut_out=tuple(a.vertices for a in annotations if a.group in CUT_OUT_GROUPS),
        ignored=tuple(a.name for a in annotations if a.group == NO_GROUP),
    )
