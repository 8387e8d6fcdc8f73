"""Draws lines of words below a plot: what marks mean, and what the numbers rest on."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.svg import SMALL_SIZE, WIDTH, group, text
from evaluator.plots.text_fit import wrapped

LINE_HEIGHT = 18.0
_MARGIN = 8.0
_INDENT = 20.0
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Note:
    """Words, and the SVG of a mark drawn before them around (0, 0), if any."""

    words: str
    mark: str = ""


def draw_notes(notes: Sequence[Note], top: float) -> tuple[str, float]:
    """Draw notes below one another; return them and the y where they end."""
    shapes: list[str] = []
    y = top
    for note in notes:
        if note.words:
            drawn, y = _draw(note, y)
            shapes += drawn
    return group("plot-notes", shapes, font_size=SMALL_SIZE), y + _MARGIN


def _draw(note: Note, top: float) -> tuple[list[str], float]:
    indent = _MARGIN + (_INDENT if note.mark else 0)
    lines = wrapped(note.words, WIDTH - indent - _MARGIN, SMALL_SIZE, _MOST_LINES)
    shapes = []
    if note.mark:
        middle = f"translate({_MARGIN + 6:g} {top + LINE_HEIGHT - 4.5:g})"
        shapes.append(group("plot-key", [note.mark], transform=middle))
    for index, words in enumerate(lines):
        shapes.append(text(words, indent, top + (index + 1) * LINE_HEIGHT))
    return shapes, top + len(lines) * LINE_HEIGHT
