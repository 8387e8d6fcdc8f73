"""Reads annotation lists from ASAP XML as ASAP does, and writes them."""

import logging
import os
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from xml.sax.saxutils import quoteattr

from ground_truth.annotations import NO_GROUP, LenientDocument, LenientGroup, read_document
from ground_truth.slides.mir.annotations import (
    Annotation,
    AnnotationBase,
    AnnotationGroup,
    AnnotationList,
    Point,
)

_LOGGER = logging.getLogger(__name__)


class XmlRepository:
    """One file that an annotation list is read from or written to."""

    def __init__(self, list: AnnotationList) -> None:  # noqa: A002 - as ASAP's
        self._list = list
        self._source = Path()

    def setSource(self, sourcePath: str | PathLike[str]) -> None:
        """Name the file."""
        self._source = Path(sourcePath)

    def load(self) -> bool:
        """Replace what the list holds by what ASAP would read from the file.

        A file that is broken gives what stands before the break. One that cannot be opened counts
        as empty and is logged. False, with an empty list, where an annotation is in a group that
        the file does not declare.

        Raises
        ------
        TruthError
            Where ASAP crashes (an ``Order`` outside its outline), or for a file beyond all bounds.
        """
        self._list.removeAllAnnotations()
        self._list.removeAllGroups()
        document = read_document(self._content(), self._source.name)
        if document.is_consistent:
            _take(document, self._list)
        else:
            _LOGGER.warning("%s: an annotation is in no declared group; none is read", self._source)
        return document.is_consistent

    def save(self) -> bool:
        """Write the list as ASAP XML; the file appears whole or not at all.

        False, with the reason logged, where it cannot be written.
        """
        partial = self._source.with_name(f".{self._source.name}.{os.getpid()}.partial")
        try:
            partial.write_text("\n".join(_lines(self._list)), "utf-8", errors="surrogateescape")
            partial.replace(self._source)
        except OSError as error:
            _LOGGER.warning("%s cannot be written: %s", self._source, error.strerror)
            partial.unlink(missing_ok=True)
            return False
        return True

    def _content(self) -> bytes:
        try:
            return self._source.read_bytes()
        except OSError as error:
            _LOGGER.warning("%s counts as empty: %s", self._source, error.strerror)
            return b""


def _take(document: LenientDocument, taker: AnnotationList) -> None:
    groups = [_group(group) for group in document.groups]
    # Of several groups of one name the last counts, here and for parents.
    by_name = {group.getName(): group for group in groups}
    parents = {group.name: group.parent for group in document.groups if group.parent != NO_GROUP}
    for group in groups:
        group.setGroup(by_name.get(parents.get(group.getName(), NO_GROUP)))
        taker.addGroup(group)
    for item, colour in zip(document.annotations.items, document.colours, strict=True):
        annotation = Annotation()
        _dress(annotation, item.name, colour)
        annotation.setTypeFromString(item.type)
        annotation.setCoordinates(Point(x, y) for x, y in item.vertices.tolist())
        annotation.setGroup(None if item.group == NO_GROUP else by_name[item.group])
        taker.addAnnotation(annotation)


def _group(read: LenientGroup) -> AnnotationGroup:
    group = AnnotationGroup()
    _dress(group, read.name, read.colour)
    group.setAttributes(read.attributes)
    return group


def _dress(item: AnnotationBase, name: str, colour: str) -> None:
    item.setName(name)
    if colour:
        item.setColor(colour)


def _lines(source: AnnotationList) -> Iterator[str]:
    yield '<?xml version="1.0"?>'
    yield "<ASAP_Annotations>"
    yield "\t<Annotations>"
    for annotation in source.getAnnotations():
        yield f"\t\t<Annotation {_heading(annotation, annotation.getTypeAsString())}>"
        yield "\t\t\t<Coordinates>"
        for order, point in enumerate(annotation.getCoordinates()):
            # Nine digits give a number of single precision back exactly.
            x, y = f"{point.getX():.9g}", f"{point.getY():.9g}"
            yield f'\t\t\t\t<Coordinate Order="{order}" X="{x}" Y="{y}" />'
        yield "\t\t\t</Coordinates>"
        yield "\t\t</Annotation>"
    yield "\t</Annotations>"
    yield "\t<AnnotationGroups>"
    for group in source.getGroups():
        yield f"\t\t<Group {_heading(group)}>"
        yield "\t\t\t<Attributes>"
        for name, value in group.getAttributes().items():
            yield f"\t\t\t\t<Attribute {name}={quoteattr(value)} />"
        yield "\t\t\t</Attributes>"
        yield "\t\t</Group>"
    yield "\t</AnnotationGroups>"
    yield "</ASAP_Annotations>"
    yield ""


def _heading(item: AnnotationBase, type_name: str | None = None) -> str:
    group = item.getGroup()
    attributes = {
        "Name": item.getName(),
        "Type": type_name,
        "PartOfGroup": NO_GROUP if group is None else group.getName(),
        "Color": item.getColor(),
    }
    return " ".join(
        f"{key}={quoteattr(text)}" for key, text in attributes.items() if text is not None
    )
