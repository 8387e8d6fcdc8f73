"""Reads ASAP XML as ASAP does, faults included, for masks that must equal what ASAP made.

A broken file gives what precedes the break, a number ends at the first character that does not
belong to one, and an undeclared group empties the list. Only files that crash ASAP are refused.
"""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations.asap import CONTENT_LIMIT_BYTES
from ground_truth.annotations.lenient_xml import Node, parse_leniently
from ground_truth.annotations.records import NO_GROUP, Annotation, AnnotationList
from ground_truth.errors import TruthError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_LATIN1_DECLARATION = re.compile(
    rb"<\?xml[^>]*encoding\s*=\s*[\"'](?:iso-8859-1|latin1)[\"']", re.IGNORECASE
)
_NUMBER = re.compile(
    r"[ \t\n\v\f\r]*([+-]?)(?:0[xX]([0-9a-fA-F]*\.?[0-9a-fA-F]*)(?:[pP]([+-]?[0-9]+))?"
    r"|([0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)"
    r"|(inf(?:inity)?)|(nan))",
    re.IGNORECASE,
)
_INTEGER = re.compile(r"[ \t\r\n]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")
_LARGEST_INTEGER = 2**31 - 1
_EXPONENT_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class LenientGroup:
    """A declared group; ``parent`` and ``colour`` are as written, empty where they are missing."""

    name: str
    parent: str
    colour: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LenientDocument:
    """All that ASAP keeps of a file.

    Attributes
    ----------
    annotations
        In document order.
    colours
        Of each annotation, as written, empty where it is missing.
    groups
        In document order.
    is_consistent
        False where an annotation is in a group that is not declared; then there is nothing.
    """

    annotations: AnnotationList
    colours: tuple[str, ...] = ()
    groups: tuple[LenientGroup, ...] = ()
    is_consistent: bool = True


def read_leniently(content: bytes, file: str) -> AnnotationList:
    """Return the annotations that ASAP sees in a file, as `read_document` does."""
    return read_document(content, file).annotations


def read_document(content: bytes, file: str) -> LenientDocument:
    """Return all that ASAP sees in a file.

    Raises
    ------
    TruthError
        Where ASAP crashes (an ``Order`` outside its outline), or for a file beyond all bounds.
    """
    if len(content) > CONTENT_LIMIT_BYTES:
        raise TruthError.single(file, f"larger than {CONTENT_LIMIT_BYTES // 10**6} MB")
    try:
        document = parse_leniently(_decoded(content))
    except ValueError as error:
        raise TruthError.single(file, str(error)) from error
    named = document.child("ASAP_Annotations")
    root = named if named.name else document
    groups = root.child("AnnotationGroups").children
    # By looking up a parent group that is not declared, ASAP declares it, but as no group.
    undeclared_groups = {node.value("PartOfGroup") for node in groups} - {NO_GROUP}
    undeclared_groups -= {node.value("Name") for node in groups}
    known = {node.value("Name") for node in groups}
    nodes = root.child("Annotations").children
    if any(
        node.value("PartOfGroup") not in known | undeclared_groups | {NO_GROUP} for node in nodes
    ):
        return LenientDocument(AnnotationList((), has_groups=False), is_consistent=False)
    items = tuple(_annotation(node, undeclared_groups, file) for node in nodes)
    return LenientDocument(
        annotations=AnnotationList(items, has_groups=bool(groups)),
        colours=tuple(node.value("Color") for node in nodes),
        groups=_groups(groups),
    )


def number_at_start(text: str) -> float:
    """Return the number that C's strtod reads at the start of a text, 0 where there is none."""
    found = _NUMBER.match(text)
    if not found:
        return 0.0
    sign = -1.0 if found[1] == "-" else 1.0
    if found[2] is not None:
        return sign * _hexadecimal(found[2], found[3])
    if found[4]:
        return sign * float(found[4])
    return sign * (np.inf if found[5] else np.nan)


def integer_at_start(text: str) -> int:
    """Return the whole number at the start of a text, held within 32 bits; 0 without one."""
    found = _INTEGER.match(text)
    if not found:
        return 0
    digits = (found[2] or found[3])[-400:]
    value = int(digits, 16 if found[2] else 10)
    return max(-value, -_LARGEST_INTEGER - 1) if found[1] == "-" else min(value, _LARGEST_INTEGER)


def _decoded(content: bytes) -> str:
    """Return the text; bytes that cannot be decoded become characters that match nothing."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(codec, errors="replace")
    codec = "latin-1" if _LATIN1_DECLARATION.match(content) else "utf-8"
    return content.decode(codec, errors="surrogateescape")


def _annotation(node: Node, undeclared_groups: set[str], file: str) -> Annotation:
    group = node.value("PartOfGroup")
    return Annotation(
        name=node.value("Name"),
        type=node.value("Type"),
        group=NO_GROUP if group in undeclared_groups else group,
        line=0,
        vertices=_vertices(node, file),
    )


def _groups(nodes: Sequence[Node]) -> tuple[LenientGroup, ...]:
    return tuple(
        LenientGroup(
            name=node.value("Name"),
            parent=node.value("PartOfGroup"),
            colour=node.value("Color"),
            attributes={
                name: value
                for child in node.child("Attributes").children
                for name, value in child.attributes.items()
            },
        )
        for node in nodes
    )


def _vertices(node: Node, file: str) -> NDArray[np.float32]:
    children = node.child("Coordinates").children
    places = np.zeros((sum(child.name == "Coordinate" for child in children), 2))
    for child in children:
        order = integer_at_start(child.value("Order"))
        if not 0 <= order < len(places):
            name = node.value("Name")[:80]
            raise TruthError.single(
                file, f"Order {order} in annotation {name!r} is outside its outline: ASAP crashes"
            )
        places[order] = number_at_start(child.value("X")), number_at_start(child.value("Y"))
    with np.errstate(over="ignore"):
        return places.astype(np.float32)


def _hexadecimal(digits: str, exponent: str | None) -> float:
    if not digits.strip("."):
        return 0.0
    power = max(-_EXPONENT_LIMIT, min(int((exponent or "0")[:9]), _EXPONENT_LIMIT))
    try:
        return float.fromhex(f"0x{digits[:400]}p{power}")
    except OverflowError:
        return np.inf
