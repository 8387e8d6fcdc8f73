"""Puts the evaluator's pictures into pages."""

from markupsafe import Markup

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
"""Needed in a file of its own, not within a page."""


def drawing(svg: str) -> Markup:
    """Return a picture as part of a page; whoever drew it has escaped every text in it."""
    return Markup(svg.replace(_NAMESPACE, "", 1))  # noqa: S704 - written by the evaluator
