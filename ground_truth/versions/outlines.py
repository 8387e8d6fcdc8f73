"""Reads a version's stored outlines: the rings that its lesions were made from."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations import Outlines
from ground_truth.errors import TruthError
from ground_truth.versions.version import VersionFiles, read_files

_ROLES = ("tumour", "cut_out")

Ring = NDArray[np.float32]


def load_outlines(folder: Path) -> dict[str, Outlines]:
    """Return the outlines of each slide that has any, by slide; none where masks were the source.

    Raises
    ------
    TruthError
        When the folder is no intact version, or its outlines contradict each other.
    """
    return outlines_in(read_files(folder), folder.name)


def outlines_in(files: VersionFiles, version: str) -> dict[str, Outlines]:
    """Return the outlines among files already read; as `load_outlines`."""
    try:
        table: Any = json.loads(files.contents["outlines.json"])
        return _sorted_rings(table, _vertices(files.contents["outlines.npy"]))
    except (KeyError, TypeError, ValueError) as error:
        raise TruthError.single(version, f"not a truth version: {error!r}") from error


def _sorted_rings(table: Any, vertices: Ring) -> dict[str, Outlines]:
    ends = np.cumsum([0, *(int(entry["vertices"]) for entry in table)])
    if ends[-1] != len(vertices) or (np.diff(ends) < 0).any():
        raise ValueError("outlines.json and outlines.npy differ in their number of vertices")
    rings: dict[str, dict[str, list[Ring]]] = {}
    for index, entry in enumerate(table):
        of_slide = rings.setdefault(str(entry["slide"]), {role: [] for role in _ROLES})
        of_slide[entry["role"]].append(vertices[ends[index] : ends[index + 1]])
    return {
        slide: Outlines(tuple(by_role["tumour"]), tuple(by_role["cut_out"]))
        for slide, by_role in rings.items()
    }


def _vertices(content: bytes) -> NDArray[np.float32]:
    vertices: NDArray[np.float32] = np.load(io.BytesIO(content), allow_pickle=False)
    if vertices.dtype != np.float32 or vertices.ndim != 2 or vertices.shape[1] != 2:  # noqa: PLR2004 - (x, y)
        raise ValueError("outlines.npy is not two columns of float32")
    return vertices
