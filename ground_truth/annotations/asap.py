"""Reads ASAP XML strictly: each annotation as a ring of level-0 (x, y) vertices.

ASAP itself silently turns many faults into an empty or partial mask (an undeclared group, a
truncated file, a vertex without ``Order``). Here each of them is an error with file and line.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations.fast_coordinates import lift_coordinates
from ground_truth.annotations.records import NO_GROUP, Annotation, AnnotationList
from ground_truth.annotations.vertices import Coordinate, read_vertices
from ground_truth.errors import Problem, TruthError

CONTENT_LIMIT_BYTES = 10_000_000
"""Nearly three times the largest CAMELYON16 annotation file (3.5 MB)."""

ELEMENT_LIMIT = 300_000
"""Elements that expat reads; of the 71,000 vertices of the largest real file it reads few."""

ANNOTATION_LIMIT = 20_000
"""Nearly a hundred times the largest CAMELYON16 list."""

PROBLEM_LIMIT = 100
"""Problems listed per file; the rest are counted."""

_KEPT_PROBLEMS = 10 * PROBLEM_LIMIT
_DEPTH_LIMIT = 16
_PIECE_BYTES = 2**20

_CHILDREN = {
    "ASAP_Annotations": ("Annotations", "AnnotationGroups"),
    "Annotations": ("Annotation",),
    "Coordinates": ("Coordinate",),
    "AnnotationGroups": ("Group",),
}
"""Elements that may have certain children only, and which."""

_ONCE = {"Annotations", "AnnotationGroups", "Coordinates"}

Ring = NDArray[np.float32]


def read_annotations(
    content: bytes, file: str, known_groups: Container[str] | None = None
) -> tuple[Annotation, ...]:
    """Read the annotations of an ASAP XML file in document order, as `read_list` does."""
    return read_list(content, file, known_groups).items


def read_list(
    content: bytes, file: str, known_groups: Container[str] | None = None
) -> AnnotationList:
    """Read an ASAP XML file.

    Parameters
    ----------
    content
        The whole file; UTF-8, UTF-16 with a byte order mark, or a declared 8-bit encoding.
    file
        Its name for error messages.
    known_groups
        Where given, an annotation of any other group (`NO_GROUP` aside) is a problem.

    Raises
    ------
    TruthError
        With every problem of the file, in line order.
    """
    if len(content) > CONTENT_LIMIT_BYTES:
        raise TruthError.single(file, f"larger than {CONTENT_LIMIT_BYTES // 10**6} MB")
    lifted = lift_coordinates(content)
    reader = _Reader(file, rings=lifted.rings)
    if _parse(lifted.rest, reader):
        _check_groups(reader, known_groups)
    if reader.problems:
        raise TruthError(_listed(reader))
    return AnnotationList(tuple(reader.annotations), bool(reader.groups))


class _Stop(Exception):  # noqa: N818 - ends parsing; the problem has been noted
    """Ends parsing where nothing beyond can be read sensibly."""


@dataclass(slots=True)
class _Reader:
    """Collects what is read from a file; its methods are expat's handlers."""

    file: str
    rings: Sequence[Ring | None]
    problems: list[Problem] = field(default_factory=list)
    more: int = 0
    annotations: list[Annotation] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)
    parser: expat.XMLParserType = field(default_factory=expat.ParserCreate)
    path: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    ignored_depth: int = 0
    elements: int = 0
    annotation: dict[str, str] = field(default_factory=dict)
    annotation_line: int = 0
    coordinates: list[Coordinate] = field(default_factory=list)
    block: int = -1
    ring: Ring | None = None

    def complain(self, message: str, line: int | None = None) -> None:
        """Note a problem at a line, by default the parser's current one."""
        if len(self.problems) < _KEPT_PROBLEMS:
            at = line or self.parser.CurrentLineNumber
            self.problems.append(Problem(self.file, at, message))
        else:
            self.more += 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take a start tag."""
        self.path.append(name)
        self.elements += 1
        if self.elements > ELEMENT_LIMIT:
            self.complain(f"more than {ELEMENT_LIMIT} elements")
            raise _Stop
        self.block += name.startswith("Coordinates")
        if name == "Coordinate" and len(self.path) == 5 and not self.ignored_depth:  # noqa: PLR2004 - the depth its place implies
            self._take_coordinate(attributes)
            return
        if len(self.path) > _DEPTH_LIMIT:
            self.complain(f"elements are nested more than {_DEPTH_LIMIT} deep")
            raise _Stop
        if not self.ignored_depth:
            self._take_element(name, attributes)

    def end(self, name: str) -> None:
        """Take an end tag."""
        self.path.pop()
        if self.ignored_depth:
            if len(self.path) < self.ignored_depth:
                self.ignored_depth = 0
        elif name == "Annotation":
            self._finish_annotation()

    def text(self, characters: str) -> None:
        """Refuse words between vertices: ASAP takes them for a vertex at (0, 0)."""
        if self.path and self.path[-1] == "Coordinates" and not characters.isspace():
            self.complain(f"text between the vertices: {characters.strip()[:40]!r}")

    def doctype(self, *_: object) -> None:
        """Refuse a document type: no ASAP file has one, and entities can be bombs."""
        self.complain("has a DOCTYPE, which no ASAP file has; remove it")
        raise _Stop

    def _take_element(self, name: str, attributes: dict[str, str]) -> None:
        parent = self.path[-2] if len(self.path) > 1 else None
        if parent is None and name != "ASAP_Annotations":
            self.complain(f"the root element is {name[:80]!r}, not 'ASAP_Annotations'")
            raise _Stop
        expected = _CHILDREN.get(parent or "")
        is_unexpected = expected is not None and name not in expected
        if is_unexpected:
            self.complain(f"unexpected element {name[:80]!r} in {parent!r}")
        is_repeated = name in _ONCE and name in self.seen
        if is_repeated and not is_unexpected:
            self.complain(f"a second {name!r}")
        is_second_block = is_repeated and name == "Coordinates"  # its vertices belong to nothing
        is_unknown = expected is None and parent and name != "Coordinates"
        if is_unexpected or is_second_block or is_unknown:
            self.ignored_depth = len(self.path)
            return
        self._enter(name, attributes)

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        self.seen.add(name)
        if name == "Annotation":
            self.seen.discard("Coordinates")
            self.annotation, self.annotation_line = attributes, self.parser.CurrentLineNumber
            self.coordinates, self.ring = [], None
        elif name == "Coordinates" and self.block < len(self.rings):
            self.ring = self.rings[self.block]
        elif name == "Group":
            if "Name" not in attributes:
                self.complain("a group has no Name")
            self.groups.add(attributes.get("Name", ""))

    def _take_coordinate(self, attributes: dict[str, str]) -> None:
        order, x, y = attributes.get("Order", ""), attributes.get("X", ""), attributes.get("Y", "")
        self.coordinates.append((order, x, y, self.parser.CurrentLineNumber))

    def _finish_annotation(self) -> None:
        if len(self.annotations) == ANNOTATION_LIMIT:
            self.complain(f"more than {ANNOTATION_LIMIT} annotations")
            raise _Stop
        group = self.annotation.get("PartOfGroup")
        if group is None:
            self.complain("the annotation has no PartOfGroup", self.annotation_line)
        self.annotations.append(
            Annotation(
                name=self.annotation.get("Name", ""),
                type=self.annotation.get("Type", ""),
                group=group or "",
                line=self.annotation_line,
                vertices=self._vertices(),
            )
        )

    def _vertices(self) -> NDArray[np.float32]:
        if self.ring is not None:
            return self.ring
        vertices, faults = read_vertices(self.coordinates)
        for fault in faults:
            self.complain(fault.message, fault.line)
        return vertices


def _parse(content: bytes, reader: _Reader) -> bool:
    """Parse the content with expat; return False when it could not be read to its end."""
    parser = reader.parser
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        _feed(content, reader)
    except _Stop:
        return False
    except expat.ExpatError as error:
        words = expat.ErrorString(error.code) or "malformed"
        reader.complain(f"not well-formed XML (cut off or damaged?): {words}", error.lineno)
        return False
    except (LookupError, ValueError) as error:
        reader.complain(f"its encoding cannot be read: {error}")
        return False
    finally:
        # Parser and reader refer to each other, which would keep the file's vertices in memory.
        parser.StartElementHandler = parser.EndElementHandler = None
        parser.CharacterDataHandler = parser.StartDoctypeDeclHandler = None
    return True


def _feed(content: bytes, reader: _Reader) -> None:
    """Pass the content to expat in pieces; refuse a tag that fills a whole piece."""
    reached = -1
    for start in range(0, len(content), _PIECE_BYTES):
        reader.parser.Parse(content[start : start + _PIECE_BYTES], False)  # noqa: FBT003 - expat's
        if reader.parser.CurrentByteIndex == reached:
            reader.complain("a tag is longer than 1 MB")
            raise _Stop
        reached = reader.parser.CurrentByteIndex
    reader.parser.Parse(b"", True)  # noqa: FBT003 - expat's own signature


def _check_groups(reader: _Reader, known_groups: Container[str] | None) -> None:
    reported: set[str] = set()
    for annotation in reader.annotations:
        group = annotation.group
        if group in {"", NO_GROUP} | reported:
            continue
        if group not in reader.groups:
            reported.add(group)
            reader.complain(f"group {group[:80]!r} is not declared in the file", annotation.line)
        elif known_groups is not None and group not in known_groups:
            reported.add(group)
            reader.complain(
                f"group {group[:80]!r} has no role here (see --labels)", annotation.line
            )


def _listed(reader: _Reader) -> list[Problem]:
    problems = sorted(reader.problems, key=lambda problem: problem.line or 0)
    more = len(problems) + reader.more - PROBLEM_LIMIT
    if more > 0:
        return [*problems[:PROBLEM_LIMIT], Problem(reader.file, None, f"and {more} more problems")]
    return problems
