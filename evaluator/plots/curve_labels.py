"""Writes names at the right ends of curves, moved apart where they would overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.palette import Ink, mark
from evaluator.plots.svg import SMALL_SIZE, escaped, group, line, tag, text
from evaluator.plots.text_fit import cleaned, wrapped

LINE_HEIGHT = 15.0
_LINES_OF_NAME = 2
_GAP = 26.0


@dataclass(frozen=True, slots=True)
class CurveLabel:
    """A curve's name and score; y is the curve's end, to which a leader joins the label."""

    name: str
    score: str
    y: float
    ink: Ink
    has_leader: bool = True


def room_for(n_labels: int) -> float:
    """Return the height that so many labels can need."""
    return n_labels * (_LINES_OF_NAME + 1) * LINE_HEIGHT


def draw_curve_labels(
    labels: Sequence[CurveLabel], start: float, end: float, top: float, bottom: float
) -> str:
    """Write the labels between x = start, where curves end, and x = end, in the given height."""
    width = end - start - _GAP
    blocks = [
        [*wrapped(label.name, width, SMALL_SIZE, _LINES_OF_NAME), label.score] for label in labels
    ]
    heights = [len(block) * LINE_HEIGHT for block in blocks]
    tops = spread([label.y for label in labels], heights, top, bottom)
    shapes = []
    for label, block, y in zip(labels, blocks, tops, strict=True):
        first_line = y + LINE_HEIGHT / 2
        colour = label.ink.colour
        if label.has_leader:
            shapes.append(line(start, label.y, start + _GAP - 9, first_line, stroke=colour))
        shapes.append(mark(label.ink.shape, start + _GAP - 9, first_line, 4, fill=colour))
        shapes.append(_written(label, block, start + _GAP, y))
    return group("plot-curve-labels", shapes, font_size=SMALL_SIZE)


def spread(
    wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float
) -> list[float]:
    """Return the top of each block, near its wanted middle, so that no two blocks overlap.

    Blocks keep the order of their wanted middles, equal ones that of the list. Where the room
    does not suffice, they run over the top.
    """
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], index))
    tops = [0.0] * len(wanted)
    free = top
    for index in order:
        tops[index] = max(free, wanted[index] - heights[index] / 2)
        free = tops[index] + heights[index]
    limit = bottom
    for index in reversed(order):
        tops[index] = min(tops[index], limit - heights[index])
        limit = tops[index]
    return tops


def _written(label: CurveLabel, block: Sequence[str], x: float, top: float) -> str:
    whole = cleaned(label.name)
    hover = [] if " ".join(block[:-1]) == whole else [tag("title", escaped(whole))]
    lines = [text(words, x, top + (row + 0.8) * LINE_HEIGHT) for row, words in enumerate(block)]
    return tag("g", *hover, *lines, class_=label.ink.css_class)
