"""Builds the demonstration's two truth versions, from synthetic data or from the real ones."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ground_truth.types import GroundTruth
from ground_truth.versions.build import build_camelyon16, build_camelyon17
from ground_truth.versions.version import load_truth
from webapp.demo.data_sets.camelyon16 import write_camelyon16
from webapp.demo.data_sets.camelyon17 import write_camelyon17
from webapp.demo.regions import Region, find_regions

SEED = 16
_CHANGELOG = "For the demonstration."


@dataclass(frozen=True, slots=True)
class DemoTruths:
    """The truth of lesions and slides, the truth of patients, and where the regions lie."""

    camelyon16: GroundTruth
    camelyon17: GroundTruth
    regions: Mapping[str, tuple[Region, ...]]


def write_synthetic_data(folder: Path) -> None:
    """Write both data sets, laid out as the published ones, whole or not at all.

    Where the folder is already, do nothing.
    """
    if folder.exists():
        return
    with TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as unfinished:
        written = Path(unfinished) / folder.name
        write_camelyon16(written / "camelyon16", SEED, n_threads=min(4, os.cpu_count() or 1))
        write_camelyon17(written / "camelyon17", SEED)
        with suppress(OSError):  # somebody else was faster; any other fault shows in building
            written.rename(folder)


def build_truths(data: Path, root: Path) -> DemoTruths:
    """Build and load both versions below a truth root; equal data give the same versions.

    Raises
    ------
    TruthError
        With every problem of the data.
    """
    lesions = build_camelyon16(data / "camelyon16", root, changelog=_CHANGELOG)
    stages = build_camelyon17(data / "camelyon17", root, changelog=_CHANGELOG)
    camelyon16 = load_truth(root / lesions)
    return DemoTruths(camelyon16, load_truth(root / stages), find_regions(camelyon16))
