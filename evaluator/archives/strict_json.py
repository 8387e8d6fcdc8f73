"""Reads JSON of strangers: UTF-8, shallow, finite, no repeated key; a fault is told by its line."""

import json
import re
from collections.abc import Sequence
from typing import Any

from evaluator.archives.json_places import (
    LineCounter,
    place_of_number,
    place_of_repeated_key,
)
from evaluator.errors import Problem, ProblemCode, SubmissionError, quoted

DEEPEST = 32

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)
_LONGEST_NUMBER = 40
"""Characters; a double is written in 24, a 64-bit integer in 20."""

_LONG_RUN = re.compile(rb"[-+.0-9eE]{%d}" % (_LONGEST_NUMBER + 1))
_STRING_OR_LONG_RUN = re.compile(
    rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)|(%s)' % _LONG_RUN.pattern, re.DOTALL
)


class _Fault(Exception):  # noqa: N818 - turned into a problem
    """A number that the decoder's hooks object to; they know no line."""

    reason = "is no finite number"

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word

    def place(self, content: bytes) -> int:
        """Return where in the text the fault lies."""
        return place_of_number(content, self.word)


class _RepeatedKey(_Fault):
    """A key that its object has already."""

    reason = "is a repeated key"

    def place(self, content: bytes) -> int:
        """Return where the key is repeated."""
        return place_of_repeated_key(content)


def parsed_json(content: bytes, file: str) -> Any:
    """Return what a JSON text holds.

    Raises
    ------
    SubmissionError
        With one problem, which names the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        detail = "The text is not UTF-8; save it as UTF-8."
        raise _refused(ProblemCode.NOT_UTF8, detail, file, line) from None
    _check_numbers(content, file)
    _check_depth(content, file)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unrepeated,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        detail = f"Not valid JSON: {error.msg} (column {error.colno})."
        raise _refused(ProblemCode.BAD_JSON, detail, file, error.lineno) from None
    except _Fault as fault:
        detail = f"{quoted(fault.word)} {fault.reason}; correct it."
        line = LineCounter(content).line_at(fault.place(content))
        raise _refused(ProblemCode.BAD_JSON, detail, file, line) from None


def _check_numbers(content: bytes, file: str) -> None:
    """Refuse long numbers before anything reads them: a million digits take seconds to parse."""
    if _LONG_RUN.search(content) is None:
        return
    for found in _STRING_OR_LONG_RUN.finditer(content):
        if found[1] is not None:
            line = content.count(b"\n", 0, found.start()) + 1
            detail = f"A number has more than {_LONGEST_NUMBER} characters; write it shorter."
            raise _refused(ProblemCode.BAD_JSON, detail, file, line)


def _check_depth(content: bytes, file: str) -> None:
    """Refuse deep nesting before the decoder recurses into it."""
    depth = 0
    for token in _TOKEN.finditer(content):
        first = content[token.start()]
        if first in b"[{":
            depth += 1
        elif first in b"]}":
            depth -= 1
        if depth > DEEPEST:
            line = content.count(b"\n", 0, token.start()) + 1
            detail = f"Nested deeper than {DEEPEST}; write it flatter."
            raise _refused(ProblemCode.BAD_JSON, detail, file, line)


def _unrepeated(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RepeatedKey(key)
            seen.add(key)
    return found


def _no_constant(word: str) -> float:
    raise _Fault(word)


def _finite(word: str) -> float:
    value = float(word)
    if value in {float("inf"), float("-inf")}:
        raise _Fault(word)
    return value


def _integer(word: str) -> int | float:
    value = int(word)
    return value if abs(value) < 2**63 else _finite(word + ".0")


def _refused(code: ProblemCode, detail: str, file: str, line: int) -> SubmissionError:
    return SubmissionError([Problem(code, detail, file, line)])
