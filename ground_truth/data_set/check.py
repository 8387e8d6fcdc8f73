"""Compares a folder with the published data sets: what is there, missing, damaged, corrected."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ground_truth.data_set.contents import DATA_SETS, DataSet, Erratum, Part, errata_of
from ground_truth.data_set.layouts import DataSetFile, Inventory, Layout


@dataclass(frozen=True, slots=True)
class Completeness:
    """Slides of one part and split, against the published ones; all in name order."""

    part: Part
    split: str
    present: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def expected(self) -> int:
        """How many the published data set has."""
        return len(self.present) + len(self.missing)


@dataclass(frozen=True, slots=True)
class DataSetReport:
    """What a folder holds of one data set.

    Attributes
    ----------
    layouts : tuple of Layout
        Ways of sharing found, the one with most files first.
    completeness : tuple of Completeness
        Images of both splits and outlines of training, where asked for or partly there. Masks and
        the test set's outlines are left out: no published list of them holds for every mirror.
    files : mapping of Part to int
        Sound files of each part, copies included.
    reference : tuple of str
        Paths of the tables of labels or stages, and of the texts beside them.
    lacks : tuple of Part
        Parts asked for of which no file is there; the reference where it lacks its table of labels
        or stages.
    damaged : tuple of str
        ``path: what is wrong``.
    copies : mapping of str to tuple of str
        Slides whose image is there more than once, with the paths.
    strangers : tuple of str
        Paths of files named like slides that the published data set does not have.
    errata : tuple of Erratum
        Published corrections, with what they mean for this folder.
    """

    data_set: DataSet
    layouts: tuple[Layout, ...]
    completeness: tuple[Completeness, ...]
    files: Mapping[Part, int]
    reference: tuple[str, ...]
    missing_parts: tuple[Part, ...]
    damaged: tuple[str, ...]
    copies: Mapping[str, tuple[str, ...]]
    unpublished_paths: tuple[str, ...]
    errata: tuple[Erratum, ...]

    @property
    def is_complete(self) -> bool:
        """True where nothing that was asked for is missing or damaged."""
        missing = any(each.missing for each in self.completeness)
        return not (missing or self.damaged or self.missing_parts)


def report_data_sets(
    inventory: Inventory, parts: Collection[Part] | None = None
) -> tuple[DataSetReport, ...]:
    """Report on each data set of which the folder holds anything.

    Parameters
    ----------
    inventory
        What the folder holds.
    parts
        Parts that must be whole; by default the images, and every other part of which at least
        one file is there.
    """
    by_data_set = defaultdict[str, list[DataSetFile]](list)
    for item in inventory.items:
        by_data_set[item.data_set].append(item)
    return tuple(
        _report(data_set, by_data_set[data_set.name], parts)
        for data_set in DATA_SETS
        if by_data_set[data_set.name]
    )


def _report(
    data_set: DataSet, items: list[DataSetFile], parts: Collection[Part] | None
) -> DataSetReport:
    sound = [item for item in items if item.fault is None]
    reference = tuple(item.path for item in sound if item.part is Part.REFERENCE)
    wanted = {Part.IMAGES, *(item.part for item in items)} if parts is None else set(parts)
    return DataSetReport(
        data_set=data_set,
        layouts=tuple(layout for layout, _ in Counter(i.layout for i in items).most_common()),
        completeness=tuple(_completeness(data_set, sound, wanted)),
        files={part: sum(item.part is part for item in sound) for part in Part},
        reference=reference,
        missing_parts=tuple(_missing_parts(data_set, sound, parts or ())),
        damaged=tuple(f"{item.path}: {item.fault}" for item in items if item.fault),
        copies=_copies(data_set, sound),
        unpublished_paths=tuple(_unpublished_paths(data_set, sound)),
        errata=tuple(
            _erratum_in_folder(erratum, data_set, sound) for erratum in errata_of(data_set)
        ),
    )


def _completeness(
    data_set: DataSet, sound: Iterable[DataSetFile], wanted: Collection[Part]
) -> Iterator[Completeness]:
    """Yield the completeness of each part whose files are known; masks differ between mirrors."""
    present = {
        part: {
            _present_name(data_set, each.slide)
            for each in sound
            if each.part is part and each.slide
        }
        for part in (Part.IMAGES, Part.ANNOTATIONS)
    }
    for part, split, published in (
        (Part.IMAGES, "training", data_set.training),
        (Part.IMAGES, "testing", data_set.testing),
        (Part.ANNOTATIONS, "training", data_set.outlined),
    ):
        if part in wanted:
            yield Completeness(
                part,
                split,
                present=tuple(slide for slide in published if slide in present[part]),
                missing=tuple(slide for slide in published if slide not in present[part]),
            )


def _present_name(data_set: DataSet, slide: str) -> str:
    return data_set.renamed.get(slide, slide)


def _missing_parts(
    data_set: DataSet, sound: Iterable[DataSetFile], parts: Collection[Part]
) -> Iterator[Part]:
    """Yield the parts asked for of which no file is there."""
    there = set[Part](item.part for item in sound if item.part is not Part.REFERENCE)
    names = {item.path.rpartition("/")[2].casefold() for item in sound}
    if not names.isdisjoint(data_set.reference):
        there.add(Part.REFERENCE)
    return (part for part in Part if part in parts and part not in there)


def _copies(data_set: DataSet, sound: Iterable[DataSetFile]) -> dict[str, tuple[str, ...]]:
    paths = defaultdict[str, list[str]](list)
    for item in sound:
        if item.part is Part.IMAGES and item.slide:
            paths[_present_name(data_set, item.slide)].append(item.path)
    return {slide: tuple(each) for slide, each in sorted(paths.items()) if len(each) > 1}


def _unpublished_paths(data_set: DataSet, sound: Iterable[DataSetFile]) -> Iterator[str]:
    known = {*data_set.slides, *data_set.renamed, *data_set.duplicates}
    return (item.path for item in sound if item.slide and item.slide not in known)


def _erratum_in_folder(
    erratum: Erratum, data_set: DataSet, sound: Iterable[DataSetFile]
) -> Erratum:
    """Return a correction with what it means for the files that are there."""
    paths = [item.path for item in sound if item.slide == erratum.slide]
    if not paths:
        return Erratum(erratum.slide, f"{erratum.text} (not here)")
    if erratum.slide in data_set.renamed:
        return Erratum(erratum.slide, f"{erratum.text}; counted as that: {', '.join(paths)}")
    if erratum.slide in data_set.duplicates:
        return Erratum(erratum.slide, f"{erratum.text}; not counted: {', '.join(paths)}")
    return erratum
