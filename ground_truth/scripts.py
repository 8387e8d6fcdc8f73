"""Reads and writes the truth's files for scripts: a path in, a record or a file out."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

from ground_truth.annotations import AnnotationList, read_annotation_list, read_leniently
from ground_truth.masks import write_annotation_mask
from ground_truth.raster import Recipe, recipe_problems
from ground_truth.reference import CaseList, read_case_list
from ground_truth.types import GroundTruth
from ground_truth.versions import load_truth as load_version


def read_annotations(path: str | PathLike[str], *, is_lenient: bool = False) -> AnnotationList:
    """Read an annotation file of ASAP: names, groups and level-0 (x, y) vertices.

    Parameters
    ----------
    path
        An XML file as ASAP writes it.
    is_lenient : bool
        Read faulty files as ASAP does, which keeps what it understands, instead of refusing them.

    Raises
    ------
    TruthError
        With every problem of the file, by line.
    OSError
        When the file cannot be read.
    """
    file = Path(path)
    read = read_leniently if is_lenient else read_annotation_list
    return read(file.read_bytes(), file.name)


def write_mask(
    path: str | PathLike[str],
    annotations: AnnotationList,
    size: tuple[int, int],
    labels: Mapping[str, int],
    order: Sequence[str] = (),
    spacing_um: float | None = None,
) -> None:
    """Write annotations as a pyramidal mask, pixel for pixel as ASAP makes it.

    Parameters
    ----------
    size : (int, int)
        Width and height of the slide in level-0 pixels.
    labels : mapping of str to int
        Label of each group, 0 to 255, or of each name where the file declares no group; without
        any, every outline is 1.
    order : sequence of str
        Groups are painted over each other in this order, 0 erasing; without it the largest label
        wins.
    spacing_um : float, optional
        Micrometres per level-0 pixel, kept in the file.

    Raises
    ------
    ValueError
        When labels and order do not fit each other, or the size has no pixel.
    OSError
        When the file cannot be written.
    """
    recipe = Recipe(dict(labels), tuple(order))
    if problems := recipe_problems(recipe):
        raise ValueError("; ".join(problems))
    spacing = None if spacing_um is None else (spacing_um, spacing_um)
    write_annotation_mask(Path(path), annotations, recipe, size, spacing)


def load_truth(folder: str | PathLike[str]) -> GroundTruth:
    """Load a version of the ground truth from its folder ``<truth root>/<version>``.

    Raises
    ------
    TruthError
        When the folder is no version, or any byte of it differs from what its name stands for.
    """
    return load_version(Path(folder))


def read_cases(path: str | PathLike[str]) -> CaseList:
    """Read a public case list, as ``camelyon truth cases`` and the API give it.

    Raises
    ------
    ValueError
        When the file is no case list.
    OSError
        When it cannot be read.
    """
    return read_case_list(Path(path).read_text(encoding="utf-8"))
