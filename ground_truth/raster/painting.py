"""Decides which annotations are painted, in what order and with which label, as ASAP does.

The key of an annotation is its group where the file declares any, its name otherwise. Without
labels everything is 1; with labels but no order the largest label wins; with both, annotations are
painted over each other in that order, 0 erasing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations import NO_GROUP, Annotation, AnnotationList
from ground_truth.errors import Problem, TruthError
from ground_truth.raster.filling import Stroke

LARGEST_LABEL = 255
"""Masks have 8 bits."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Labels by key, and the order of keys that are painted over each other; both may be empty."""

    labels: Mapping[str, int] = field(default_factory=dict)
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Painting:
    """Rings of shape (n, 2), float32 level-0 (x, y), and their strokes, in painting order."""

    outlines: tuple[NDArray[np.float32], ...]
    strokes: tuple[Stroke, ...]


def recipe_problems(recipe: Recipe) -> list[str]:
    """Return what is wrong with a recipe; ASAP would silently make another mask of it."""
    problems = [
        f"label {value} of {key!r} is not between 0 and {LARGEST_LABEL}"
        for key, value in recipe.labels.items()
        if not 0 <= value <= LARGEST_LABEL
    ]
    if recipe.order and not recipe.labels:
        problems.append("an order without labels has no effect")
        return problems
    unknown = [key for key in recipe.order if key not in recipe.labels]
    problems += [f"{key!r} in the order has no label" for key in unknown]
    if recipe.order:
        missing = [key for key in recipe.labels if key not in recipe.order]
        problems += [f"{key!r} has a label but no place in the order" for key in missing]
    return problems


def check_keys(annotations: AnnotationList, recipe: Recipe, file: str) -> None:
    """Refuse annotations whose key has no label, which ASAP would silently leave out.

    Raises
    ------
    TruthError
        With the line of the first annotation of each such key.
    """
    if not recipe.labels:
        return
    missing: dict[str, int] = {}
    for annotation in _paintable(annotations):
        key = _key(annotation, annotations)
        if key not in recipe.labels:
            missing.setdefault(key, annotation.line)
    if missing:
        word = "group" if annotations.has_groups else "name"
        raise TruthError(
            Problem(file, line, f"{word} {key[:80]!r} has no label")
            for key, line in missing.items()
        )


def painting_of(annotations: AnnotationList, recipe: Recipe) -> Painting:
    """Put the annotations into the order they are painted in, each with its stroke."""
    if not recipe.labels:
        painted = [(annotation, Stroke(1)) for annotation in annotations.items]
    elif not recipe.order:
        painted = [
            (annotation, stroke)
            for annotation in _paintable(annotations)
            if (stroke := _largest(recipe.labels.get(_key(annotation, annotations), 0)))
        ]
    else:
        painted = [
            (annotation, Stroke(recipe.labels.get(name, 0) & LARGEST_LABEL))
            for name in recipe.order
            for annotation in _paintable(annotations)
            if _key(annotation, annotations) == name
        ]
    return Painting(
        outlines=tuple(annotation.vertices for annotation, _ in painted),
        strokes=tuple(stroke for _, stroke in painted),
    )


def _largest(label: int) -> Stroke | None:
    """Return the stroke of a label where the largest wins, None where it never paints.

    ASAP compares the whole number and stores its last 8 bits, so a label above 255 always wins and
    256 erases.
    """
    if label > LARGEST_LABEL:
        return Stroke(label & LARGEST_LABEL)
    return Stroke(label, is_maximum=True) if label > 0 else None


def _paintable(annotations: AnnotationList) -> Sequence[Annotation]:
    """Return the annotations that labels apply to: where there are groups, those in one."""
    if not annotations.has_groups:
        return annotations.items
    return [annotation for annotation in annotations.items if annotation.group != NO_GROUP]


def _key(annotation: Annotation, annotations: AnnotationList) -> str:
    return annotation.group if annotations.has_groups else annotation.name
