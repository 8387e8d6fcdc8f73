"""Parses XML as ASAP's parser does: keeps whatever can be read up to the first error.

Only XML's five entities and character references are expanded, document types and comments are
skipped, attribute values may hold ``<``, and elements need not be closed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TREE_LIMIT = 120_000
"""Elements and texts in one file; the largest CAMELYON16 file has 67,000."""

ATTRIBUTE_LIMIT = 4 * TREE_LIMIT
"""Attributes in one file, and parts of a document type; a vertex has three."""

_BLANKS = " \\t\\r\\n"
_NAME = r"[A-Za-z_:\x80-\U0010ffff][A-Za-z0-9_:.\-\x80-\U0010ffff]*"
_NAME_AT = re.compile(_NAME)
_BLANK_AT = re.compile(f"[{_BLANKS}]*")
_ATTRIBUTE_AT = re.compile(rf"(?P<name>{_NAME})(?:[{_BLANKS}]*=[{_BLANKS}]*(?P<quote>[\"'])?)?")
_USUAL_TAG_AT = re.compile(rf"({_NAME})((?:[{_BLANKS}]++{_NAME}=\"[^\"]*+\")*+)[{_BLANKS}]*+(/?)>")
_USUAL_ATTRIBUTE = re.compile(rf"({_NAME})=\"([^\"]*)\"")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_DOCTYPE_PART = re.compile(
    r"\"(?:[^\"]*\"|.*)|'(?:[^']*'|.*)|<!--(?:.*?-->|.*)|<\?(?:.*?\?>|.*)|[<>]", re.DOTALL
)
_LINE_END = re.compile(r"\r\n|[\t\r\n]")
_CHARACTER_OF_ENTITY = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


@dataclass(slots=True)
class Node:
    """An element, or a text, whose name is empty."""

    name: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)

    def child(self, name: str) -> "Node":
        """Return the first child of a name, or an empty node."""
        return next((child for child in self.children if child.name == name), Node())

    def value(self, name: str) -> str:
        """Return an attribute's value, empty where it is missing."""
        return self.attributes.get(name, "")


def parse_leniently(text: str) -> Node:
    """Return a nameless root element of everything that was read before the first error.

    Raises
    ------
    ValueError
        When there is more than `TREE_LIMIT` and `ATTRIBUTE_LIMIT` allow.
    """
    reader = _Reader(text.split("\0", 1)[0])
    while reader.step():
        if reader.count > TREE_LIMIT:
            raise ValueError(f"has more than {TREE_LIMIT} elements")
    return reader.open_elements[0]


@dataclass(slots=True)
class _Reader:
    """Holds the place in the text and the open elements."""

    text: str
    place: int = 0
    open_elements: list[Node] = field(default_factory=lambda: [Node()])
    count: int = 0
    attribute_count: int = 0

    def step(self) -> bool:
        """Take the next text or markup; False at the end or at an error."""
        start = self.text.find("<", self.place)
        words = self.text[self.place : start if start >= 0 else len(self.text)]
        if words.strip(" \t\r\n") and len(self.open_elements) > 1:
            self._append(Node())
        self.place = start + 1
        if start < 0:
            return False
        mark = self.text[self.place : self.place + 1]
        if mark == "/":
            return self._close()
        if mark == "?":
            return self._skip_past("?>")
        if mark == "!":
            return self._take_declaration()
        return self._open()

    def _append(self, node: Node) -> None:
        self.open_elements[-1].children.append(node)
        self.count += 1

    def _open(self) -> bool:
        tag = _USUAL_TAG_AT.match(self.text, self.place)
        return self._take_usual_tag(tag) if tag else self._take_unusual_tag()

    def _take_usual_tag(self, tag: re.Match[str]) -> bool:
        """Take a tag of the usual form, which one pattern has matched whole."""
        node = Node(tag[1])
        self._count_attributes(tag[2].count('"') // 2)
        for name, value in _USUAL_ATTRIBUTE.findall(tag[2]):
            node.attributes.setdefault(name, _unescaped(value))
        self._append(node)
        if not tag[3]:
            self.open_elements.append(node)
        self.place = tag.end()
        return True

    def _count_attributes(self, count: int) -> None:
        self.attribute_count += count
        if self.attribute_count > ATTRIBUTE_LIMIT:
            raise ValueError(f"has more than {ATTRIBUTE_LIMIT} attributes")

    def _take_unusual_tag(self) -> bool:
        name = _NAME_AT.match(self.text, self.place)
        if not name:
            return False
        node = Node(name[0])
        self._append(node)
        self.place = name.end()
        for part in self._attributes(node):
            if not part:
                return False
        return self._end_of_tag(node)

    def _attributes(self, node: Node) -> Iterator[bool]:
        """Read attributes one by one; yields False at an error."""
        while True:
            blank = _BLANK_AT.match(self.text, self.place)
            found = _ATTRIBUTE_AT.match(self.text, blank.end() if blank else self.place)
            if not blank or not found:
                self.place = blank.end() if blank else self.place
                return
            if not blank[0]:
                yield False
            self._count_attributes(1)
            quote, start = found["quote"], found.end()
            end = self.text.find(quote, start) if quote else -1
            # Of attributes of one name the first counts; a value that is cut off keeps its rest.
            value = self.text[start : end if end >= 0 else len(self.text)] if quote else ""
            node.attributes.setdefault(found["name"], _unescaped(value))
            if end < 0:
                yield False
            self.place = end + 1
            yield True

    def _end_of_tag(self, node: Node) -> bool:
        if self.text.startswith(">", self.place):
            self.open_elements.append(node)
            self.place += 1
            return True
        if self.text.startswith("/>", self.place):
            self.place += 2
            return True
        return False

    def _close(self) -> bool:
        name = self.open_elements[-1].name
        if len(self.open_elements) == 1 or not self.text.startswith(name, self.place + 1):
            return False
        blank = _BLANK_AT.match(self.text, self.place + 1 + len(name))
        end = blank.end() if blank else self.place
        if not self.text.startswith(">", end):
            return False
        self.open_elements.pop()
        self.place = end + 1
        return True

    def _take_declaration(self) -> bool:
        if self.text.startswith("!--", self.place):
            return self._skip_past("-->")
        if self.text.startswith("![CDATA[", self.place):
            if len(self.open_elements) > 1:
                self._append(Node())
            return self._skip_past("]]>")
        is_doctype = self.text.startswith("!DOCTYPE", self.place) and len(self.open_elements) == 1
        return is_doctype and self._skip_doctype()

    def _skip_doctype(self) -> bool:
        depth = 1
        for count, part in enumerate(_DOCTYPE_PART.finditer(self.text, self.place)):
            if count > ATTRIBUTE_LIMIT:
                raise ValueError("has a document type that is too long")
            depth += {"<": 1, ">": -1}.get(part[0], 0)
            if not depth:
                self.place = part.end()
                return True
        return False

    def _skip_past(self, end: str) -> bool:
        found = self.text.find(end, self.place)
        self.place = found + len(end)
        return found >= 0


def _unescaped(value: str) -> str:
    """Resolve the references that need no document type; line ends and tabs become blanks."""
    plain = _LINE_END.sub(" ", value)
    return _REFERENCE.sub(_referenced, plain) if "&" in plain else plain


def _referenced(reference: re.Match[str]) -> str:
    named, decimal, hexadecimal = reference.groups()
    if named:
        return _CHARACTER_OF_ENTITY[named]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code < 0x110000 else reference[0]  # noqa: PLR2004 - the end of Unicode
