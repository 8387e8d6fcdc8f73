"""Holds a slide's annotations as ASAP keeps them, whichever way they were read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_GROUP = "None"
"""What ASAP writes as ``PartOfGroup`` of an annotation that is in no group."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation as ASAP keeps it.

    Attributes
    ----------
    group : str
        ``PartOfGroup``: a declared group's name, or `NO_GROUP`.
    line : int
        Line of its start tag.
    vertices : (n, 2) float32
        Level-0 (x, y), in the order of ``Order``; ASAP keeps single precision.
    """

    name: str
    type: str
    group: str
    line: int
    vertices: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AnnotationList:
    """A file's annotations in document order; ``has_groups`` where it declares any group."""

    items: tuple[Annotation, ...]
    has_groups: bool
