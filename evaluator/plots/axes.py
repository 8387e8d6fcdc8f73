"""Draws axes: places values in a picture, and adds the lines and texts that say so."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.number_text import fixed
from evaluator.plots.svg import FAINT_OPACITY, PAGE_COLOUR, line, tag, text

FROC_TICKS = ((0.0, "0"), (0.125, "1/8"), (0.25, "1/4"), (0.5, "1/2"), (1.0, "1"), (2.0, "2"),
              (4.0, "4"), (8.0, "8"))  # fmt: skip
"""False positives per slide: linear up to 1/8, then doubling, as in JAMA 318(22), Figure 1."""
RATE_NAME = "False positives per slide"
LINEAR_UP_TO = 0.125
LAST_RATE = 8.0
UNIT_TICKS = ((0.0, "0"), (0.2, "0.2"), (0.4, "0.4"), (0.6, "0.6"), (0.8, "0.8"), (1.0, "1"))
_STEPS = (1, 2, 5, 10, 20)
_TENFOLD = 10
_MOST_TICKS = 6
_NARROWEST = 0.02
"""An axis is at least as long as this, for one value alone would have no scale."""

Ticks = Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the plotting area lies, in units of the picture, y downwards."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return the x of the right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Return the y of the lower edge."""
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis from the value `low`, drawn at `start`, to `high`, drawn at `end`."""

    low: float
    high: float
    start: float
    end: float

    def position(self, value: float) -> float:
        """Return where a value is drawn."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class FrocScale:
    """The axis of false positives per slide, whose eight ticks lie equally far apart."""

    start: float
    end: float

    def position(self, rate: float) -> float:
        """Return where a rate is drawn; those beyond the last tick at the end.

        Raises
        ------
        ValueError
            When the rate is negative.
        """
        if rate < 0:
            raise ValueError(f"{rate} false positives per slide")
        ticks = rate / LINEAR_UP_TO
        if rate > LINEAR_UP_TO:
            ticks = 1 + math.log2(min(rate, LAST_RATE) / LINEAR_UP_TO)
        return self.start + ticks / (len(FROC_TICKS) - 1) * (self.end - self.start)


def round_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Choose at most seven round values a step apart whose first and last enclose a range.

    Raises
    ------
    ValueError
        When low is above high or one of them is not finite.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"no axis from {low} to {high}")
    if high - low < _NARROWEST:
        middle = (low + high) / 2
        low, high = middle - _NARROWEST / 2, middle + _NARROWEST / 2
    exponent = math.floor(round(math.log10((high - low) / _MOST_TICKS), 9))
    step = next(step for step in _STEPS if _n_steps(low, high, step, exponent) <= _MOST_TICKS)
    first = math.floor(_in_steps(low, step, exponent))
    last = first + _n_steps(low, high, step, exponent)
    decimals = max(0, -exponent - (1 if step >= _TENFOLD else 0))
    values = [float(f"{index * step}e{exponent}") for index in range(first, last + 1)]
    return [(value, fixed(value, decimals)) for value in values]


def bottom_axis(frame: Frame, places: Sequence[tuple[float, str]], name: str) -> list[str]:
    """Draw vertical guides, tick texts below them, and the axis' name below those."""
    shapes = [
        line(x, frame.top, x, frame.bottom, stroke_opacity=FAINT_OPACITY, class_="plot-guide")
        for x, _ in places
    ]
    shapes += [text(words, x, frame.bottom + 17, text_anchor="middle") for x, words in places]
    middle = frame.left + frame.width / 2
    shapes.append(text(name, middle, frame.bottom + 36, text_anchor="middle"))
    shapes.append(line(frame.left, frame.bottom, frame.right, frame.bottom))
    return shapes


def left_axis(frame: Frame, places: Sequence[tuple[float, str]], name: str) -> list[str]:
    """Draw horizontal guides, tick texts left of them, and the axis' name above."""
    shapes = [
        line(frame.left, y, frame.right, y, stroke_opacity=FAINT_OPACITY, class_="plot-guide")
        for y, _ in places
    ]
    shapes += [text(words, frame.left - 6, y + 5, text_anchor="end") for y, words in places]
    shapes.append(text(name, frame.left, frame.top - 9))
    shapes.append(line(frame.left, frame.top, frame.left, frame.bottom))
    return shapes


def linear_part(frame: Frame, scale: FrocScale) -> str:
    """Shade the part of the FROC axis that is linear."""
    width = scale.position(LINEAR_UP_TO) - scale.start
    return tag(
        "rect", x=scale.start, y=frame.top, width=width, height=frame.height,
        fill=PAGE_COLOUR, fill_opacity=0.07, class_="plot-linear-part",
    )  # fmt: skip


def _n_steps(low: float, high: float, step: int, exponent: int) -> int:
    """Return how many steps enclose a range."""
    first = math.floor(_in_steps(low, step, exponent))
    return math.ceil(_in_steps(high, step, exponent)) - first


def _in_steps(value: float, step: int, exponent: int) -> float:
    """Return how many steps lie between 0 and the value, free of noise in the last digits."""
    return round(value / float(f"{step}e{exponent}"), 9)
