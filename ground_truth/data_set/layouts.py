"""Finds the files of CAMELYON16 and CAMELYON17 in a folder, and how they are laid out.

Files are recognised by their names, so every way in which the data sets are shared is read alike:
GigaScience and the challenge (``training/tumor``, ``testing/images``, ``training/center_0``, a zip
for each patient), AWS open data (``images``, ``masks``, ``annotations``), the release of 2016
(``TrainingData/Train_Tumor``, ``Testset``), or an organiser's own folders.
"""

import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from ground_truth.data_set.checksums import is_checksum_list
from ground_truth.data_set.contents import CAMELYON16, CAMELYON17, DataSet, Part, slide_of
from ground_truth.errors import Problem

PART_SUFFIX = ".part"
"""Ends the name of a file that is still being fetched."""


class Layout(StrEnum):
    """A way in which the data sets are shared, in words."""

    CHALLENGE = "GigaScience and the challenge's folders (training, testing)"
    AWS = "AWS open data (images, masks, annotations)"
    FIRST_RELEASE = "release of 2016 (TrainingData, Testset)"
    OTHER = "other folders (recognised by their files' names)"


@dataclass(frozen=True, slots=True)
class DataSetFile:
    """One file, or one member of a zip, of a data set.

    Attributes
    ----------
    data_set : str
        Name of the data set.
    slide : str or None
        Slide as its file names it; None for what belongs to no single slide.
    path : str
        Below the folder; a zip's member follows the zip's path and ``!``.
    fault : str or None
        What makes the file useless, in words.
    """

    data_set: str
    part: Part
    slide: str | None
    path: str
    layout: Layout
    fault: str | None = None


@dataclass(slots=True)
class Inventory:
    """What a folder holds.

    ``unfinished`` are files still being fetched, ``unknown`` slide-like files that are not
    recognised, ``problems`` folders and zips that could not be read.
    """

    items: list[DataSetFile] = field(default_factory=list)
    checksum_lists: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


_LAYOUTS = (
    (Layout.FIRST_RELEASE, re.compile(r"(^|/)(trainingdata|testset)/")),
    (Layout.CHALLENGE, re.compile(r"(^|/)(training|testing)/")),
    (Layout.AWS, re.compile(r"(^|/)(images|masks|annotations|background_tissue)/[^/]+$")),
)
_STEM = re.compile(r"(.+?)(_(?:evaluation_)?mask|_tissue)?\.(tiff?|xml)", re.IGNORECASE)
_MASK_FOLDER = re.compile(r"(.*_)?masks?|evaluation")
_TISSUE_FOLDER = "background_tissue"
_SLIDE_SUFFIXES = (".tif", ".tiff", ".xml")
_REFERENCE_NAMES = {"readme.md", "license.txt", "submission_example.csv"}
_TIFF_MAGIC = (b"II*\0", b"II+\0", b"MM\0*", b"MM\0+")


def classify(path: PurePosixPath) -> tuple[DataSet, Part, str] | None:
    """Recognise data set, part and slide of an image, mask or outline file by its path.

    Masks and tissue masks are told by their ending (``_mask``, ``_tissue``) or by their folder.
    """
    match = _STEM.fullmatch(path.name)
    found = slide_of(match[1]) if match else None
    if match is None or found is None:
        return None
    folders = [folder.casefold() for folder in path.parts[:-1]]
    ending = (match[2] or "").casefold()
    if match[3].casefold() == "xml":
        part = Part.ANNOTATIONS
    elif ending.endswith("_tissue") or _TISSUE_FOLDER in folders:
        part = Part.TISSUE
    elif ending or any(_MASK_FOLDER.fullmatch(folder) for folder in folders):
        part = Part.MASKS
    else:
        part = Part.IMAGES
    return found[0], part, found[1]


def take_inventory(root: Path) -> Inventory:
    """Walk a folder, symbolic links included, and list the files that belong to the data sets.

    Only the first bytes of files and the directories of zips are read.
    """
    inventory = Inventory()
    for path in _files(root, inventory):
        relative = path.relative_to(root)
        if path.name.endswith(PART_SUFFIX):
            inventory.unfinished.append(relative.as_posix())
        elif path.suffix.casefold() == ".zip":
            _take_zip(root, relative, inventory)
        else:
            _take_file(root, relative, inventory)
    return inventory


def _files(root: Path, inventory: Inventory) -> Iterator[Path]:
    """Yield every file that is not hidden, in name order; walk a folder that is met twice once."""

    def add_problem(error: OSError) -> None:
        inventory.problems.append(Problem(str(error.filename), None, f"{error.strerror}"))

    seen = set[tuple[int, int]]()
    for folder, folders, files in os.walk(root, onerror=add_problem, followlinks=True):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))


def _take_file(root: Path, relative: Path, inventory: Inventory) -> None:
    path = PurePosixPath(relative.as_posix())
    if is_checksum_list(path.name):
        inventory.checksum_lists.append(str(path))
    elif found := classify(_with_root(root, path)):
        data_set, part, slide = found
        fault = _fault_of(root / relative)
        layout = _layout_of(_with_root(root, path))
        inventory.items.append(DataSetFile(data_set.name, part, slide, str(path), layout, fault))
    elif data_set_or_none := _reference_of(_with_root(root, path)):
        layout = _layout_of(_with_root(root, path))
        inventory.items.append(
            DataSetFile(data_set_or_none.name, Part.REFERENCE, None, str(path), layout)
        )
    elif path.suffix.casefold() in _SLIDE_SUFFIXES:
        inventory.unknown.append(str(path))


def _take_zip(root: Path, relative: Path, inventory: Inventory) -> None:
    """Sort the members of a patient's or the outlines' zip as if they lay in the zip's folder."""
    try:
        with zipfile.ZipFile(root / relative) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        inventory.problems.append(Problem(relative.as_posix(), None, f"no readable zip: {error}"))
        return
    folder = PurePosixPath(relative.parent.as_posix())
    layout = _layout_of(_with_root(root, folder / relative.name))
    for member in members:
        if found := classify(_with_root(root, folder / PurePosixPath(member.filename))):
            data_set, part, slide = found
            fault = None if member.file_size else "is empty"
            path = f"{relative.as_posix()}!{member.filename}"
            inventory.items.append(DataSetFile(data_set.name, part, slide, path, layout, fault))


def _with_root(root: Path, path: PurePosixPath) -> PurePosixPath:
    """Put the folder's own last two names in front: it may be ``CAMELYON16/images`` itself."""
    return PurePosixPath(*root.absolute().parts[1:][-2:]) / path


def _layout_of(path: PurePosixPath) -> Layout:
    text = str(path).casefold()
    return next((layout for layout, pattern in _LAYOUTS if pattern.search(text)), Layout.OTHER)


def _reference_of(path: PurePosixPath) -> DataSet | None:
    """Return the data set of a table of labels or stages, or of a text that goes with it."""
    name = path.name.casefold()
    for data_set in (CAMELYON16, CAMELYON17):
        if name in data_set.reference:
            return data_set
    if name in _REFERENCE_NAMES:
        folders = {folder.casefold() for folder in path.parts[:-1]}
        return next((each for each in (CAMELYON16, CAMELYON17) if each.name in folders), None)
    return None


def _fault_of(file: Path) -> str | None:
    """Check the first bytes: error pages saved under a slide's name are common."""
    try:
        with file.open("rb") as stream:
            beginning = stream.read(4)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not beginning:
        return "is empty"
    if file.suffix.casefold() in {".tif", ".tiff"} and beginning not in _TIFF_MAGIC:
        return "is not a TIFF file"
    return None
