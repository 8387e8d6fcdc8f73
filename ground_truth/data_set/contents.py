"""Lists what CAMELYON16 and CAMELYON17 consist of: slides, outlines and published errata."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ground_truth.reference import CAMELYON16_EXCLUSIONS


class Part(StrEnum):
    """What a file of a data set is."""

    ANNOTATIONS = "annotations"
    REFERENCE = "reference"
    MASKS = "masks"
    TISSUE = "tissue"
    IMAGES = "images"


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set as published.

    Attributes
    ----------
    folder : str
        Its folder in the open-data bucket.
    training, testing : tuple of str
        Slides, in name order.
    outlined : tuple of str
        Training slides whose lesion outlines are published.
    reference : tuple of str
        Names under which the table of labels or stages is found.
    renamed : mapping of str to str
        Present name of each slide that an earlier release named differently, by that name.
    duplicates : tuple of str
        Slides that were taken out as copies of others.
    """

    name: str
    folder: str
    training: tuple[str, ...]
    testing: tuple[str, ...]
    outlined: tuple[str, ...]
    reference: tuple[str, ...]
    renamed: Mapping[str, str]
    duplicates: tuple[str, ...]

    @property
    def slides(self) -> tuple[str, ...]:
        """Every slide, training first."""
        return self.training + self.testing


@dataclass(frozen=True, slots=True)
class Erratum:
    """One published correction that concerns a slide."""

    slide: str
    text: str


_RENAMED = {"normal_086": "tumor_111"}
"""The slide holds a metastasis; the README of the data set gives it its new name."""

_DUPLICATES = tuple(each.slide for each in CAMELYON16_EXCLUSIONS if each.kind == "all")

CAMELYON16 = DataSet(
    name="camelyon16",
    folder="CAMELYON16",
    training=(
        *(f"normal_{n:03d}" for n in range(1, 161) if f"normal_{n:03d}" not in _RENAMED),
        *(f"tumor_{n:03d}" for n in range(1, 112)),
    ),
    testing=tuple(name for n in range(1, 131) if (name := f"test_{n:03d}") not in _DUPLICATES),
    outlined=tuple(f"tumor_{n:03d}" for n in range(1, 111)),
    reference=("reference.csv", "gt.csv"),
    renamed=_RENAMED,
    duplicates=_DUPLICATES,
)
"""399 slides: 159 normal and 111 tumour for training, 129 for testing (Litjens et al. 2018,
GigaScience 7(6), doi:10.1093/gigascience/giy065)."""

_PATIENTS, _NODES = 100, 5
_OUTLINED_NODES = (
    *("004_4", "009_1", "010_4", "012_0", "015_1", "015_2", "016_1", "017_1", "017_2", "017_4"),
    *("020_2", "020_4", "021_3", "022_4", "024_1", "024_2", "034_3", "036_3", "038_2", "039_1"),
    *("040_2", "041_0", "042_3", "044_4", "045_1", "046_3", "046_4", "048_1", "051_2", "052_1"),
    *("060_3", "061_4", "062_2", "064_0", "066_2", "067_4", "068_1", "072_0", "073_1", "075_4"),
    *("080_1", "081_4", "086_0", "086_4", "087_0", "088_1", "089_3", "092_1", "096_0", "099_4"),
)
"""Patient and node of the ten slides of each of the five centres that come with outlines."""

CAMELYON17 = DataSet(
    name="camelyon17",
    folder="CAMELYON17",
    training=tuple(f"patient_{p:03d}_node_{n}" for p in range(_PATIENTS) for n in range(_NODES)),
    testing=tuple(
        f"patient_{p:03d}_node_{n}" for p in range(_PATIENTS, 2 * _PATIENTS) for n in range(_NODES)
    ),
    outlined=tuple("patient_{}_node_{}".format(*each.split("_")) for each in _OUTLINED_NODES),
    reference=("stages.csv", "stage_labels.csv"),
    renamed={},
    duplicates=(),
)
"""1000 slides: 5 centres x 20 patients x 5 nodes for training, and as many for testing."""

DATA_SETS = (CAMELYON16, CAMELYON17)

_CAMELYON16_SLIDE = re.compile(r"(normal|tumou?r|test)_(\d{1,3})")
_CAMELYON17_SLIDE = re.compile(r"patient_(\d{1,3})_node_(\d)")


def data_set_named(name: str) -> DataSet:
    """Return ``camelyon16`` or ``camelyon17``.

    Raises
    ------
    ValueError
        For any other name.
    """
    for data_set in DATA_SETS:
        if data_set.name == name.casefold():
            return data_set
    raise ValueError(f"{name[:40]!r} is no data set: write camelyon16 or camelyon17")


def slide_of(stem: str) -> tuple[DataSet, str] | None:
    """Recognise a slide by a file's stem, as ``Tumor_1`` or ``tumor_001``; pad numbers with zeros.

    A name of an earlier release is returned as it is.
    """
    if match := _CAMELYON16_SLIDE.fullmatch(stem.casefold()):
        kind = match[1].replace("tumour", "tumor")
        return CAMELYON16, f"{kind}_{int(match[2]):03d}"
    if match := _CAMELYON17_SLIDE.fullmatch(stem.casefold()):
        return CAMELYON17, f"patient_{int(match[1]):03d}_node_{match[2]}"
    return None


def errata_of(data_set: DataSet) -> tuple[Erratum, ...]:
    """Return the published corrections of a data set, in the order of its slides' names."""
    if data_set is not CAMELYON16:
        return ()
    renamed = [Erratum(old, f"is {new}") for old, new in data_set.renamed.items()]
    excluded = [
        Erratum(each.slide, f"{each.reason}; left out of {_kinds_text(each.kind)}")
        for each in CAMELYON16_EXCLUSIONS
    ]
    return tuple(sorted(renamed + excluded, key=lambda erratum: erratum.slide))


def _kinds_text(kind: str) -> str:
    return "every kind" if kind == "all" else f"the kind {kind}"
