"""Writes SVG text: fixed decimals, everything escaped, presentation attributes only.

Pictures are `WIDTH` units wide and scale with the page. What is black or white follows the page's
own colour through ``currentColor``; every group of like shapes has a class, so that a page may
restyle it. Nothing needs an inline style or a script.
"""

import re
from collections.abc import Sequence

from evaluator.plots.text_fit import cleaned, shortened

WIDTH = 440
"""Units; at 358 px, the width of a telephone's page, text of 13 units is 10.6 px high."""
TEXT_SIZE = 14.0
SMALL_SIZE = 13.0
PAGE_COLOUR = "currentColor"
FAINT_OPACITY = 0.16
"""Opacity of lines that only guide the eye."""
FONT = "system-ui, sans-serif"

_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def number(value: float) -> str:
    """Write a coordinate with at most two decimals, the same on every machine.

    Raises
    ------
    ValueError
        When it is not finite.
    """
    text = f"{value:.2f}"
    if text.lstrip("-") in {"nan", "inf"}:
        raise ValueError(f"{value} is no coordinate")
    text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def escaped(text: str) -> str:
    """Make a text harmless inside an element or an attribute, in HTML and in XML."""
    return cleaned(text).translate(_ESCAPES)


def tag(name: str, *children: str, **attributes: str | float) -> str:
    """Write an element; in attribute names "_" stands for "-", one at the end is dropped.

    Children are SVG text already; attribute values are escaped here.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def text(content: str, x: float, y: float, **attributes: str | float) -> str:
    """Write a text whose baseline starts, ends or is centred (``text_anchor``) at (x, y)."""
    return tag("text", escaped(content), x=x, y=y, **attributes)


def label(content: str, x: float, y: float, width: float, **attributes: str | float) -> str:
    """Write a text of outside origin, cut to a width; hovering shows the whole of it."""
    whole = cleaned(content)
    shown = shortened(whole, width, TEXT_SIZE)
    hover = [] if shown == whole else [tag("title", escaped(whole))]
    return tag("text", *hover, escaped(shown), x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: str | float) -> str:
    """Write a straight line, in the page's own colour unless said otherwise."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, **{"stroke": PAGE_COLOUR, **attributes})


def points(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Write the coordinates of a polyline or polygon."""
    return " ".join(f"{number(x)},{number(y)}" for x, y in zip(xs, ys, strict=True))


def group(css_class: str, shapes: Sequence[str], **attributes: str | float) -> str:
    """Write shapes that belong together, one a line; nothing where there is none."""
    if not shapes:
        return ""
    return tag("g", "\n", "\n".join(shapes), "\n", class_=css_class, **attributes)


def picture(prefix: str, title: str, description: str, height: float, body: Sequence[str]) -> str:
    """Write a whole picture with its accessible name and description.

    Parameters
    ----------
    prefix : str
        Start of every id in the picture; the caller keeps it unique on its page.
    height : float
        Units; the width is `WIDTH`.

    Raises
    ------
    ValueError
        When the prefix is no identifier.
    """
    return framed(prefix, (title, description), (WIDTH, height), body, css_class="plot")


def framed(
    prefix: str,
    words: tuple[str, str],
    size: tuple[float, float],
    body: Sequence[str],
    **attributes: str | float,
) -> str:
    """Write a picture of any size (width, height) with its words (title, description)."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} cannot start an id")
    named = [
        tag("title", escaped(words[0]), id=f"{prefix}-title"),
        tag("desc", escaped(words[1]), id=f"{prefix}-desc"),
    ]
    opening: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {number(size[0])} {number(size[1])}",
        "role": "img",
        "aria_labelledby": f"{prefix}-title",
        "aria_describedby": f"{prefix}-desc",
        "fill": PAGE_COLOUR,
        "font_family": FONT,
        "font_size": TEXT_SIZE,
    }
    css_class = attributes.pop("css_class", "plot")
    inside = "\n".join(part for part in [*named, *body] if part)
    return tag("svg", "\n", inside, "\n", class_=css_class, **opening, **attributes) + "\n"


def _value(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else number(value)
