"""Finds where values stand in a JSON text that the decoder has understood, to name their lines.

The decoder itself remembers no place: doing so would slow every honest file down for the sake of
the faulty ones. So a text is looked through once more, and only when something is wrong with it.
Offsets count bytes; what is looked for lies before any fault of the text's form.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb"%s|[^,\]}\s]++" % _STRING, re.DOTALL)

_FLAT = rb'[\[{][^\[\]{}"]*+[\]}]'
_SHALLOW = rb'[\[{](?:[^\[\]{}"]++|%s|%s)*+[\]}]' % (_STRING, _FLAT)
_BRACKET = re.compile(rb'(?:[^\[\]{}"]++|%s|%s)*+([\[\]{}])' % (_STRING, _SHALLOW), re.DOTALL)
"""The next bracket; what is nested no deeper than a polygon's ring is skipped in one step."""

_OTHERS = rb'(?:"(?!%s")[^"\\]*+"\s*+:\s*+(?:%s|[^"\[{,}\s]++)\s*+,\s*+)*+'
"""Members of an object before the one of some key, as long as they are plain."""

_KEY_OR_BRACKET = re.compile(rb"(%s)\s*+:|%s|[\[\]{}]" % (_STRING, _STRING), re.DOTALL)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Step = str | int
"""A key of an object, or the index of a list's item."""


class LineCounter:
    """Tells the lines of offsets, quickly where one lies near the one before."""

    def __init__(self, content: bytes) -> None:
        self._content, self._offset, self._line = content, 0, 1

    def line_at(self, offset: int) -> int:
        """Return the line, counted from 1, on which an offset lies."""
        if offset >= self._offset:
            self._line += self._content.count(b"\n", self._offset, offset)
        else:
            self._line -= self._content.count(b"\n", offset, self._offset)
        self._offset = offset
        return self._line


def beginning(content: bytes) -> int:
    """Return where the text's one value begins."""
    return _after_space(content, len(_BYTE_ORDER_MARK) * content.startswith(_BYTE_ORDER_MARK))


def place_of(content: bytes, start: int, *path: Step) -> int:
    """Return where the value at a path inside the value at `start` begins.

    Where the path ends early, the last value on it is meant.
    """
    for step in path:
        found = _child(content, start, step)
        if found is None:
            break
        start = found
    return start


def items_of(content: bytes, start: int) -> Iterator[int]:
    """Yield where the items of the list that begins at `start` begin; none of another value."""
    if content[start] != ord("["):
        return
    at = _after_space(content, start + 1)
    while content[at] != ord("]"):
        yield at
        at = _after_comma(content, _end_of(content, at))


def place_of_number(content: bytes, word: str) -> int:
    """Return where the first number, or word in place of one, of this spelling begins.

    What follows may be anything: the decoder looks at a number before it looks beyond.
    """
    number = re.escape(word.encode())
    token = re.compile(rb"%s|(?<![-+.\w])(%s)" % (_STRING, number), re.DOTALL)
    return next(found.start() for found in token.finditer(content) if found[1])


def place_of_repeated_key(content: bytes) -> int:
    """Return where the first key begins that its object has already.

    The first is the one that the decoder meets first: objects count in the order in which they end.
    """
    known: list[set[bytes]] = []
    repeated: list[int | None] = []
    for token in _KEY_OR_BRACKET.finditer(content):
        if token[1]:
            key = _unescaped(token[1])
            if key in known[-1] and repeated[-1] is None:
                repeated[-1] = token.start()
            known[-1].add(key)
        elif token[0] in b"[{":
            known.append(set())
            repeated.append(None)
        elif token[0] in b"]}":
            known.pop()
            place = repeated.pop()
            if place is not None:
                return place
    raise ValueError("no key is repeated")


def _child(content: bytes, start: int, step: Step) -> int | None:
    if isinstance(step, int):
        return next(islice(items_of(content, start), step, None), None)
    return _value_of(content, start, step) if content[start] == ord("{") else None


def _value_of(content: bytes, start: int, key: str) -> int | None:
    """Return where the value of an object's key begins."""
    wanted = key.encode("utf-8", "surrogatepass")
    others = re.compile(_OTHERS % (re.escape(wanted), _STRING), re.DOTALL)
    at = _after_space(content, start + 1)
    while content[at] != ord("}"):
        at = _matched(others, content, at).end()
        end = _end_of(content, at)
        value = _after_space(content, _after_space(content, end) + 1)
        if _unescaped(content[at:end]) == b'"%s"' % wanted:
            return value
        at = _after_comma(content, _end_of(content, value))
    return None


def _after_comma(content: bytes, at: int) -> int:
    """Return where the part after a comma begins, or where the closing bracket stands."""
    at = _after_space(content, at)
    return _after_space(content, at + 1) if content[at] == ord(",") else at


def _end_of(content: bytes, start: int) -> int:
    """Return where the value that begins at `start` has ended."""
    if content[start] not in b"[{":
        return _matched(_SCALAR, content, start).end()
    depth, at = 1, start + 1
    while depth:
        found = _matched(_BRACKET, content, at)
        depth += 1 if found[1] in b"[{" else -1
        at = found.end()
    return at


def _after_space(content: bytes, at: int) -> int:
    return _matched(_SPACE, content, at).end()


def _matched(pattern: re.Pattern[bytes], content: bytes, at: int) -> re.Match[bytes]:
    found = pattern.match(content, at)
    if found is None:
        raise ValueError(f"there is no value at byte {at}")
    return found


def _unescaped(string: bytes) -> bytes:
    """Return a string, still in its quotation marks, with its escapes spelled out."""
    if b"\\" not in string:
        return string
    text: str = json.loads(string)
    return b'"%s"' % text.encode("utf-8", "surrogatepass")
