"""Reads what ASAP itself wrote: hand-made, random, far and real cases with their recipes."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ground_truth.raster.filling import Runs
from ground_truth.raster.painting import Recipe

REAL_CASES = ("c17_patient_004_node_4", "f_test_038", "j_test_011", "j_Tumor_107")


@dataclass(frozen=True, slots=True)
class OracleCase:
    """One conversion by ASAP; ``levels`` are the expected (width, height, sha256)."""

    id: str
    xml: Path
    size: tuple[int, int]
    recipe: Recipe
    crashed: bool
    levels: tuple[tuple[int, int, str], ...]
    x0: int = 0

    @property
    def content(self) -> bytes:
        """The file's bytes; ASAP takes a file that is not there for an empty one."""
        return self.xml.read_bytes() if self.xml.exists() else b""


def hand_made_cases(shared: Path) -> Iterator[OracleCase]:
    """Yield the 113 runs of the hand-made pack."""
    folder = shared / "oracles" / "asap"
    for case in json.loads((folder / "oracle.json").read_bytes()):
        order = () if case["order"] == "-" else tuple(case["order"].split(","))
        yield OracleCase(
            id=case["id"],
            xml=folder / "xml" / case["xml"],
            size=(case["w"], case["h"]),
            recipe=Recipe(_labels(case["map"]), order),
            crashed=case["rc"] != 0,
            levels=tuple(
                (level["w"], level["h"], level["sha256"]) for level in case.get("levels", ())
            ),
        )


def random_cases(shared: Path, pack: str) -> Iterator[tuple[OracleCase, NDArray[np.uint8]]]:
    """Yield the cases of a random pack with their rasters, which begin at column ``x0``."""
    folder = shared / "oracles" / pack
    with np.load(folder / "masks.npz") as masks:
        for case in json.loads((folder / "cases.json").read_bytes()):
            yield (
                OracleCase(
                    id=case["id"],
                    xml=folder / f"{case['id']}.xml",
                    size=(case["w"], case["h"]),
                    recipe=Recipe(case["map"], tuple(case["order"])),
                    crashed=False,
                    levels=(),
                    x0=case.get("crop_x0", 0),
                ),
                masks[case["id"]],
            )


def real_case(shared: Path, name: str) -> tuple[OracleCase, list[dict[str, Any]]]:
    """Return a real slide's case and what is known of its levels."""
    folder = shared / "oracles" / "asap_real"
    case = json.loads((folder / f"{name}.json").read_bytes())
    recipe = Recipe(case["map"], tuple(case["order"]))
    size = (case["dims"][0], case["dims"][1])
    return OracleCase(name, folder / case["xml"], size, recipe, False, ()), case["levels"]  # noqa: FBT003 - it did not crash


def painted(runs: Runs, columns: int, rows: int, x0: int = 0, y0: int = 0) -> NDArray[np.uint8]:
    """Return the (rows, columns) uint8 raster whose first pixel is (x0, y0) of the runs' level."""
    raster = np.zeros((rows, columns), dtype=np.uint8)
    places = (runs.row - y0, runs.start - x0, runs.stop - x0, runs.value)
    for row, start, stop, value in zip(*(place.tolist() for place in places), strict=True):
        if 0 <= row < rows and stop > 0:
            raster[row, max(start, 0) : stop] = value
    return raster


def _labels(text: str) -> dict[str, int]:
    pairs = (re.fullmatch(r"(.*)=(-?[0-9]+)", part) for part in text.split(",") if part != "-")
    return {match[1]: int(match[2]) for match in pairs if match}
