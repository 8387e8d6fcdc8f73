"""The 85 real annotation files that the truth's benchmark runs over."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ground_truth.conversion.making import MaskOrder
from ground_truth.reference.slides import read_sizes
from ground_truth.versions.sources import find_annotations

SPLITS = ("testing", "training")


@dataclass(frozen=True, slots=True)
class AnnotatedSlide:
    """One slide's annotation file and its level-0 size."""

    slide: str
    content: bytes
    size: tuple[int, int]


def annotated_slides() -> Iterator[AnnotatedSlide]:
    """Read every annotation file of the data folder beside the repository."""
    for order in mask_orders(Path("mask.tif")):
        file = order.source
        yield AnnotatedSlide(file.slide, file.read(), (order.width, order.height))


def mask_orders(out: Path) -> Iterator[MaskOrder]:
    """Yield an order for the mask of each, all to one path."""
    data = data_folder()
    for split in SPLITS:
        sizes = read_sizes((data / split / "slides.csv").read_bytes(), "slides.csv")
        for slide, file in find_annotations(data / split).items():
            yield MaskOrder(file, out, sizes[slide].width, sizes[slide].height, 0.243)


def data_folder() -> Path:
    """Return the folder of CAMELYON16's reference data beside the repository."""
    return shared_folder() / "data" / "camelyon16"


def shared_folder() -> Path:
    """Return the folder of real data and of other programs' outputs."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    return Path(os.environ.get("CAMELYON_SHARED", beside))
