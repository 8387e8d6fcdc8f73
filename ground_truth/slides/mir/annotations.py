"""Annotations, groups and their list with the methods of ASAP's classes."""

import weakref
from collections.abc import Iterable, Mapping
from ctypes import c_float
from itertools import pairwise
from typing import TypeVar

_COLOUR = "#F4FA58"
"""What ASAP draws in where nothing else is stated."""

_TYPES = ("None", "Dot", "Polygon", "Spline", "PointSet", "Measurement", "Rectangle")


class Point:
    """A place in level-0 pixels, kept in single precision as in ASAP."""

    def __init__(self, x: float = 0.0, y: float = 0.0) -> None:
        self.setX(x)
        self.setY(y)

    def getX(self) -> float:
        """Return the column."""
        return self._x

    def getY(self) -> float:
        """Return the row."""
        return self._y

    def setX(self, x: float) -> None:
        """Set the column."""
        self._x = c_float(x).value

    def setY(self, y: float) -> None:
        """Set the row."""
        self._y = c_float(y).value


class AnnotationBase:
    """What annotations and groups have in common: a name, a colour, perhaps a group."""

    def __init__(self) -> None:
        self._name = ""
        self._colour = _COLOUR
        self._group: weakref.ref[AnnotationGroup] | None = None

    def getName(self) -> str:
        """Return the name."""
        return self._name

    def setName(self, name: str) -> None:
        """Set the name."""
        self._name = name

    def getColor(self) -> str:
        """Return the colour, such as ``#F4FA58``."""
        return self._colour

    def setColor(self, color: str) -> None:
        """Set the colour."""
        self._colour = color

    def getGroup(self) -> "AnnotationGroup | None":
        """Return the group, or None; one that no list and no variable holds is gone, as in ASAP."""
        return None if self._group is None else self._group()

    def setGroup(self, group: "AnnotationGroup | None") -> None:
        """Put this into a group, or with None into none."""
        self._group = None if group is None else weakref.ref(group)


class AnnotationGroup(AnnotationBase):
    """A group of annotations, perhaps in a group itself."""

    def __init__(self) -> None:
        super().__init__()
        self._attributes: dict[str, str] = {}

    def getAttributes(self) -> dict[str, str]:
        """Return a copy of the attributes."""
        return dict(self._attributes)

    def setAttributes(self, attributes: Mapping[str, str]) -> None:
        """Replace the attributes."""
        self._attributes = dict(attributes)

    def addMember(self, member: AnnotationBase) -> None:
        """Put an annotation or a group into this one."""
        member.setGroup(self)


class Annotation(AnnotationBase):
    """One annotation: a type and a ring, or a series, of points."""

    (
        Type_NONE,
        Type_DOT,
        Type_POLYGON,
        Type_SPLINE,
        Type_POINTSET,
        Type_MEASUREMENT,
        Type_RECTANGLE,
    ) = range(len(_TYPES))
    NONE, DOT, POLYGON, SPLINE, POINTSET, MEASUREMENT, RECTANGLE = range(len(_TYPES))

    def __init__(self) -> None:
        super().__init__()
        self._type = Annotation.Type_NONE
        self._coordinates: list[tuple[float, float]] = []

    def getType(self) -> int:
        """Return the number of the type, such as `Annotation.Type_POLYGON`."""
        return self._type

    def setType(self, type: int) -> None:  # noqa: A002 - as ASAP's
        """Set the type by its number; ValueError for one that is none."""
        if not 0 <= type < len(_TYPES):
            raise ValueError(f"no annotation has the type {type}")
        self._type = type

    def getTypeAsString(self) -> str:
        """Return the type's name: None, Dot, Polygon, Spline, PointSet, Measurement, Rectangle."""
        return _TYPES[self._type]

    def setTypeFromString(self, type: str) -> None:  # noqa: A002 - as ASAP's
        """Set the type by its name; one that is not known changes nothing, as in ASAP."""
        if type in _TYPES:
            self._type = _TYPES.index(type)

    def getCoordinates(self) -> tuple[Point, ...]:
        """Return copies of the points."""
        return tuple(Point(x, y) for x, y in self._coordinates)

    def getCoordinate(self, index: int) -> Point:
        """Return a copy of a point; a negative index counts from the end."""
        return Point(*self._coordinates[index])

    def setCoordinates(self, coordinates: Iterable[Point]) -> None:
        """Replace the points."""
        self._coordinates = [(point.getX(), point.getY()) for point in coordinates]

    def addCoordinate(self, x: float | Point, y: float | None = None) -> None:
        """Append a point, given as such or as x and y."""
        point = x if isinstance(x, Point) else Point(x, 0.0 if y is None else y)
        self._coordinates.append((point.getX(), point.getY()))

    def clearCoordinates(self) -> None:
        """Remove all points."""
        self._coordinates.clear()

    def getNumberOfPoints(self) -> int:
        """Return how many points there are."""
        return len(self._coordinates)

    def getArea(self) -> float:
        """Return the area in level-0 pixels; what the ring winds around twice counts twice."""
        ring = [*self._coordinates, *self._coordinates[:1]]
        return abs(sum((a[0] + b[0]) * (a[1] - b[1]) for a, b in pairwise(ring))) / 2

    def getImageBoundingBox(self) -> tuple[Point, Point]:
        """Return the top left and the bottom right corner, both (0, 0) without a point."""
        columns, rows = zip(*(self._coordinates or [(0.0, 0.0)]), strict=True)
        return Point(min(columns), min(rows)), Point(max(columns), max(rows))


Item = TypeVar("Item", bound=AnnotationBase)


class AnnotationList:
    """The annotations and groups of a slide."""

    def __init__(self) -> None:
        self._annotations: list[Annotation] = []
        self._groups: list[AnnotationGroup] = []

    def getAnnotations(self) -> tuple[Annotation, ...]:
        """Return all annotations."""
        return tuple(self._annotations)

    def getAnnotation(self, index: int | str) -> Annotation | None:
        """Return an annotation by its place, or the first of a name, None where there is none."""
        return _found(self._annotations, index)

    def addAnnotation(self, annotation: Annotation) -> bool:
        """Append an annotation."""
        self._annotations.append(annotation)
        return True

    def setAnnotations(self, annotations: Iterable[Annotation]) -> None:
        """Replace all annotations."""
        self._annotations = list(annotations)

    def removeAnnotation(self, index: int | str) -> None:
        """Remove an annotation by its place, or the first of a name where there is one."""
        _remove(self._annotations, index)

    def removeAllAnnotations(self) -> None:
        """Remove all annotations."""
        self._annotations.clear()

    def getGroups(self) -> tuple[AnnotationGroup, ...]:
        """Return all groups."""
        return tuple(self._groups)

    def getGroup(self, index: int | str) -> AnnotationGroup | None:
        """Return a group by its place, or the first of a name, None where there is none."""
        return _found(self._groups, index)

    def addGroup(self, group: AnnotationGroup) -> bool:
        """Append a group."""
        self._groups.append(group)
        return True

    def setGroups(self, groups: Iterable[AnnotationGroup]) -> None:
        """Replace all groups."""
        self._groups = list(groups)

    def removeGroup(self, index: int | str) -> None:
        """Remove a group by its place, or the first of a name where there is one."""
        _remove(self._groups, index)

    def removeAllGroups(self) -> None:
        """Remove all groups."""
        self._groups.clear()


def _found(items: list[Item], index: int | str) -> Item | None:
    if isinstance(index, str):
        return next((item for item in items if item.getName() == index), None)
    return items[index]


def _remove(items: list[Item], index: int | str) -> None:
    item = _found(items, index)
    if item is not None:
        items.remove(item)
