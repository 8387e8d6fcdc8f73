"""Reads ASAP XML strictly: each annotation as a ring of level-0 (x, y) vertices.

ASAP itself silently turns many faults into an empty or partial mask (an undeclared group, a
truncated file, a vertex without ``Order``). Here each of them is an error with file and line.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations.fast_coordinates import extract_rings
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

_KEPT_PROBLEM_LIMIT = 10 * PROBLEM_LIMIT
_DEPTH_LIMIT = 16
_PIECE_BYTES = 2**20

_ALLOWED_CHILDREN = {
    "ASAP_Annotations": ("Annotations", "AnnotationGroups"),
    "Annotations": ("Annotation",),
    "Coordinates": ("Coordinate",),
    "AnnotationGroups": ("Group",),
}
"""Elements that may have certain children only, and which."""

_UNREPEATED_ELEMENTS = {"Annotations", "AnnotationGroups", "Coordinates"}

Ring = NDArray[np.float32]


def read_annotations(
    content: bytes, file: str, known_groups: Container[str] | None = None
) -> tuple[Annotation, ...]:
    """Read the annotations of an ASAP XML file, as `read_annotation_list` does."""
    return read_annotation_list(content, file, known_groups).items


def read_annotation_list(
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
    extracted = extract_rings(content)
    reader = _Reader(file, rings=extracted.rings)
    if _parse(extracted.remainder, reader):
        _check_groups(reader, known_groups)
    if reader.problems:
        raise TruthError(_listed_problems(reader))
    return AnnotationList(tuple(reader.annotations), bool(reader.groups))


class _ParsingStopped(Exception):  # noqa: N818 - ends parsing; the problem has been noted
    """Ends parsing where nothing beyond can be read sensibly."""


@dataclass(slots=True)
class _Reader:
    """Collects what is read from a file; its methods are expat's handlers."""

    file: str
    rings: Sequence[Ring | None]
    problems: list[Problem] = field(default_factory=list)
    n_dropped: int = 0
    annotations: list[Annotation] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)
    parser: expat.XMLParserType = field(default_factory=expat.ParserCreate)
    open_elements: list[str] = field(default_factory=list)
    seen_elements: set[str] = field(default_factory=set)
    ignored_depth: int = 0
    n_elements: int = 0
    annotation: dict[str, str] = field(default_factory=dict)
    annotation_line: int = 0
    coordinates: list[Coordinate] = field(default_factory=list)
    block: int = -1
    ring: Ring | None = None

    def add_problem(self, message: str, line: int | None = None) -> None:
        """Note a problem at a line, by default the parser's current one."""
        if len(self.problems) < _KEPT_PROBLEM_LIMIT:
            at = line or self.parser.CurrentLineNumber
            self.problems.append(Problem(self.file, at, message))
        else:
            self.n_dropped += 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take a start tag."""
        self.open_elements.append(name)
        self.n_elements += 1
        if self.n_elements > ELEMENT_LIMIT:
            self.add_problem(f"more than {ELEMENT_LIMIT} elements")
            raise _ParsingStopped
        self.block += name.startswith("Coordinates")
        if name == "Coordinate" and len(self.open_elements) == 5 and not self.ignored_depth:  # noqa: PLR2004 - the depth its place implies
            self._take_coordinate(attributes)
            return
        if len(self.open_elements) > _DEPTH_LIMIT:
            self.add_problem(f"elements are nested more than {_DEPTH_LIMIT} deep")
            raise _ParsingStopped
        if not self.ignored_depth:
            self._take_element(name, attributes)

    def end(self, name: str) -> None:
        """Take an end tag."""
        self.open_elements.pop()
        if self.ignored_depth:
            if len(self.open_elements) < self.ignored_depth:
                self.ignored_depth = 0
        elif name == "Annotation":
            self._finish_annotation()

    def text(self, characters: str) -> None:
        """Refuse words between vertices: ASAP takes them for a vertex at (0, 0)."""
        if (
            self.open_elements
            and self.open_elements[-1] == "Coordinates"
            and not characters.isspace()
        ):
            self.add_problem(f"text between the vertices: {characters.strip()[:40]!r}")

    def doctype(self, *_: object) -> None:
        """Refuse a document type: no ASAP file has one, and entities can be bombs."""
        self.add_problem("has a DOCTYPE, which no ASAP file has; remove it")
        raise _ParsingStopped

    def _take_element(self, name: str, attributes: dict[str, str]) -> None:
        parent = self.open_elements[-2] if len(self.open_elements) > 1 else None
        if parent is None and name != "ASAP_Annotations":
            self.add_problem(f"the root element is {name[:80]!r}, not 'ASAP_Annotations'")
            raise _ParsingStopped
        expected = _ALLOWED_CHILDREN.get(parent or "")
        is_unexpected = expected is not None and name not in expected
        if is_unexpected:
            self.add_problem(f"unexpected element {name[:80]!r} in {parent!r}")
        is_repeated = name in _UNREPEATED_ELEMENTS and name in self.seen_elements
        if is_repeated and not is_unexpected:
            self.add_problem(f"a second {name!r}")
        is_second_block = is_repeated and name == "Coordinates"  # its vertices belong to nothing
        is_unknown = expected is None and parent and name != "Coordinates"
        if is_unexpected or is_second_block or is_unknown:
            self.ignored_depth = len(self.open_elements)
            return
        self._enter(name, attributes)

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        self.seen_elements.add(name)
        if name == "Annotation":
            self.seen_elements.discard("Coordinates")
            self.annotation, self.annotation_line = attributes, self.parser.CurrentLineNumber
            self.coordinates, self.ring = [], None
        elif name == "Coordinates" and self.block < len(self.rings):
            self.ring = self.rings[self.block]
        elif name == "Group":
            if "Name" not in attributes:
                self.add_problem("a group has no Name")
            self.groups.add(attributes.get("Name", ""))

    def _take_coordinate(self, attributes: dict[str, str]) -> None:
        order, x, y = attributes.get("Order", ""), attributes.get("X", ""), attributes.get("Y", "")
        self.coordinates.append((order, x, y, self.parser.CurrentLineNumber))

    def _finish_annotation(self) -> None:
        if len(self.annotations) == ANNOTATION_LIMIT:
            self.add_problem(f"more than {ANNOTATION_LIMIT} annotations")
            raise _ParsingStopped
        group = self.annotation.get("PartOfGroup")
        if group is None:
            self.add_problem("the annotation has no PartOfGroup", self.annotation_line)
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
            self.add_problem(fault.message, fault.line)
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
    except _ParsingStopped:
        return False
    except expat.ExpatError as error:
        words = expat.ErrorString(error.code) or "malformed"
        reader.add_problem(f"not well-formed XML (cut off or damaged?): {words}", error.lineno)
        return False
    except (LookupError, ValueError) as error:
        reader.add_problem(f"its encoding cannot be read: {error}")
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
            reader.add_problem("a tag is longer than 1 MB")
            raise _ParsingStopped
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
            reader.add_problem(f"group {group[:80]!r} is not declared in the file", annotation.line)
        elif known_groups is not None and group not in known_groups:
            reported.add(group)
            reader.add_problem(
                f"group {group[:80]!r} has no role here (see --labels)", annotation.line
            )


def _listed_problems(reader: _Reader) -> list[Problem]:
    problems = sorted(reader.problems, key=lambda problem: problem.line or 0)
    n_unlisted = len(problems) + reader.n_dropped - PROBLEM_LIMIT
    if n_unlisted > 0:
        return [
            *problems[:PROBLEM_LIMIT],
            Problem(reader.file, None, f"and {n_unlisted} more problems"),
        ]
    return problems
