"""Reads pictures back in tests: elements by class, texts with their places."""

from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    """Parse a picture; ill-formed XML raises."""
    return ET.fromstring(svg)  # noqa: S314 - our own output


def texts(svg: str) -> list[str]:
    """Return what can be read in a picture, from its first element to its last."""
    return [element.text or "" for element in parsed(svg).iter(f"{SVG}text")]


def places_of(svg: str, words: str) -> list[tuple[str, str]]:
    """Return the (x, y) of every text of these words."""
    return [
        (element.attrib["x"], element.attrib["y"])
        for element in parsed(svg).iter(f"{SVG}text")
        if element.text == words
    ]


def of_class(svg: str, css_class: str) -> list[ET.Element]:
    """Return the elements that have a class."""
    return [
        element
        for element in parsed(svg).iter()
        if css_class in element.attrib.get("class", "").split()
    ]


def inside(elements: list[ET.Element], name: str) -> list[dict[str, str]]:
    """Return the attributes of all elements of a name within others."""
    return [dict(found.attrib) for one in elements for found in one.iter(f"{SVG}{name}")]
