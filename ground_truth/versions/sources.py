"""Finds the files of a data set folder: annotations, loose or zipped, masks and images."""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ground_truth.annotations import CONTENT_LIMIT_BYTES
from ground_truth.errors import Problem, TruthError
from ground_truth.names import stem_of

ANNOTATION_ZIP = "lesion_annotations.zip"

_MEMBER_LIMIT = 10_000
_IMAGE_SUFFIXES = {".tif", ".tiff", ".svs", ".mrxs", ".ndpi"}
_MASK_SUFFIXES = {".tif", ".tiff"}
_MASK_ENDING = "_mask"


@dataclass(frozen=True, slots=True)
class AnnotationFile:
    """One slide's ASAP XML, a loose file or a member of a zip, or its mask image."""

    slide: str
    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """The name to use in messages."""
        return self.member or self.path.name

    @property
    def is_mask(self) -> bool:
        """True for an image, False for an XML file."""
        return self.member is None and self.path.suffix.casefold() in _MASK_SUFFIXES

    def read(self) -> bytes:
        """Return the content, or one byte more than the limit of a larger file.

        Raises
        ------
        TruthError
            When it cannot be read or unpacked.
        """
        try:
            if self.member is None:
                with self.path.open("rb") as file:
                    return file.read(CONTENT_LIMIT_BYTES + 1)
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
                return file.read(CONTENT_LIMIT_BYTES + 1)
        except _UNREADABLE as error:
            raise TruthError.single(self.name, f"cannot be read: {error}") from error


_UNREADABLE = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a compression method that zipfile does not know
    RuntimeError,  # an encrypted member
)


def find_annotations(folder: Path) -> dict[str, AnnotationFile]:
    """Return the annotation file of each slide below a folder, by slide.

    Looks at every ``*.xml`` and into every ``lesion_annotations.zip``, at any depth.

    Raises
    ------
    TruthError
        When a zip is damaged, a name is unusable or two files belong to one slide.
    """
    return _by_slide(_candidates(folder))


def find_masks(folder: Path) -> dict[str, AnnotationFile]:
    """Return the mask image ``<slide>_mask.tif`` of each slide below a folder, by slide.

    Raises
    ------
    TruthError
        When a name is unusable or two files belong to one slide.
    """
    return _by_slide(_masks(folder))


def find_images(folder: Path) -> dict[str, Path]:
    """Return the slide images below a folder by slide, without masks (``*_mask.tif``).

    Raises
    ------
    TruthError
        When a name is unusable or two images belong to one slide.
    """
    images: dict[str, Path] = {}
    problems = []
    for path in _visible(folder):
        if path.suffix.casefold() not in _IMAGE_SUFFIXES or _is_mask_name(path):
            continue
        try:
            slide = stem_of(path.name)
        except ValueError as error:
            problems.append(Problem(path.name, None, str(error)))
            continue
        if slide in images:
            problems.append(Problem(path.name, None, f"{slide} has two images"))
        images[slide] = path
    if problems:
        raise TruthError(problems)
    return images


def _visible(folder: Path) -> list[Path]:
    """Return what is not hidden below a folder, in name order; file systems add hidden files."""
    return sorted(path for path in folder.rglob("*") if not path.name.startswith("."))


def _by_slide(files: Iterable[tuple[Path, str | None]]) -> dict[str, AnnotationFile]:
    found: dict[str, AnnotationFile] = {}
    problems = []
    for path, member in files:
        try:
            name = stem_of(member or path.name)
        except ValueError as error:
            problems.append(Problem(path.name, None, str(error)))
            continue
        file = AnnotationFile(name, path, member)
        if file.is_mask:
            file = AnnotationFile(name.removesuffix(_MASK_ENDING), path)
        if file.slide in found:
            problems.append(Problem(file.name, None, f"{file.slide} has two annotation files"))
        found[file.slide] = file
    if problems:
        raise TruthError(problems)
    return dict(sorted(found.items()))


def _candidates(folder: Path) -> Iterator[tuple[Path, str | None]]:
    for path in _visible(folder):
        if path.suffix.casefold() == ".xml":
            yield path, None
        elif path.name.casefold() == ANNOTATION_ZIP:
            yield from ((path, member) for member in _members(path))


def _masks(folder: Path) -> Iterator[tuple[Path, None]]:
    for path in _visible(folder):
        if path.suffix.casefold() in _MASK_SUFFIXES and _is_mask_name(path):
            yield path, None


def _is_mask_name(path: Path) -> bool:
    return path.stem.casefold().endswith(_MASK_ENDING)


def _members(path: Path) -> list[str]:
    """Return the names of a zip's XML files, whatever folders they claim to be in."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except _UNREADABLE as error:
        raise TruthError.single(path.name, f"not a readable zip: {error}") from error
    if len(names) > _MEMBER_LIMIT:
        raise TruthError.single(path.name, f"has more than {_MEMBER_LIMIT} members")
    is_wanted = [
        name.casefold().endswith(".xml") and not name.startswith("__MACOSX/") for name in names
    ]
    return [name for name, wanted in zip(names, is_wanted, strict=True) if wanted]
