"""Finds the annotation files that masks are made from: one file, a folder or any zip."""

import zipfile
from pathlib import Path

from ground_truth.errors import Problem, TruthError
from ground_truth.names import stem_of
from ground_truth.versions import AnnotationFile, find_annotations

MEMBER_LIMIT = 10_000


def annotation_files(source: Path) -> tuple[list[AnnotationFile], bool]:
    """Return the annotation files, and whether the source is of a kind that holds many.

    Raises
    ------
    TruthError
        When a zip cannot be read, a name is unusable or two files belong to one slide.
    """
    if source.is_dir():
        return list(find_annotations(source).values()), True
    if zipfile.is_zipfile(source):
        return _zipped(source), True
    try:
        slide = stem_of(source.name)
    except ValueError:
        # The mask of a single file gets the path given, so the file's own name may be unusable.
        slide = "mask"
    return [AnnotationFile(slide, source)], False


def _zipped(source: Path) -> list[AnnotationFile]:
    files: dict[str, AnnotationFile] = {}
    problems = []
    for member in _members(source):
        try:
            slide = stem_of(member)
        except ValueError as error:
            problems.append(Problem(member, None, str(error)))
            continue
        if slide in files:
            problems.append(Problem(member, None, f"{slide} has two annotation files"))
        files[slide] = AnnotationFile(slide, source, member)
    if problems:
        raise TruthError(problems)
    return list(files.values())


def _members(source: Path) -> list[str]:
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise TruthError.single(source.name, f"not a readable zip: {error}") from error
    if len(names) > MEMBER_LIMIT:
        raise TruthError.single(source.name, f"has more than {MEMBER_LIMIT} members")
    is_wanted = [
        name.casefold().endswith(".xml") and not name.startswith("__MACOSX/") for name in names
    ]
    return [name for name, wanted in zip(names, is_wanted, strict=True) if wanted]
