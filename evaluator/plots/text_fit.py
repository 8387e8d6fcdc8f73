"""Fits labels of any origin into their room: cleans, measures, cuts and breaks them."""

import re
import unicodedata

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
LONGEST_LABEL = 200
"""Most characters of a label that are read, since marks without width could be endless."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]{} /\N{NO-BREAK SPACE}")
_WIDE = frozenset("mwMW@%")
# What XML 1.0 forbids, and lone surrogates, which no encoding can write.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Controls of writing direction could make a label read as another one.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BLANKS = re.compile("[ \t\r\n]+")


def cleaned(text: str) -> str:
    """Replace characters that SVG cannot hold, drop controls of direction, join blanks."""
    harmless = _DIRECTION.sub("", _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text))
    return _BLANKS.sub(" ", harmless).strip(" ")


def width_of(text: str, size: float) -> float:
    """Estimate the width of a text in a wide sans-serif face, in the units of its size."""
    return size * sum(_ems(character) for character in text)


def shortened(text: str, width: float, size: float) -> str:
    """Cut a text to a width, ending it with an ellipsis where something was cut off."""
    if len(text) <= LONGEST_LABEL and width_of(text, size) <= width:
        return text
    kept = text[:LONGEST_LABEL]
    while kept and width_of(kept + ELLIPSIS, size) > width:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def wrapped(text: str, width: float, size: float, most_lines: int) -> list[str]:
    """Break a text at blanks into lines of a width; the last line takes, and cuts, the rest."""
    lines = [""]
    for word in cleaned(text)[: most_lines * LONGEST_LABEL].split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if len(lines) == most_lines or not lines[-1] or width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [shortened(line, width, size) for line in lines]


def _ems(character: str) -> float:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1.0
    if character in _WIDE:
        return 0.98
    return 0.39 if character in _NARROW else 0.7 if character.isupper() else 0.61
