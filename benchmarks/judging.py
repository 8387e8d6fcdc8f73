"""Judges figures against their limits: a line for each, and the exit status of a benchmark."""

import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure and its limit.

    Attributes
    ----------
    what : str
        What was measured.
    measured : float
        The figure that is held against the limit.
    unit : str
        Of both: yardsticks, times, MiB or MB; never seconds, which say more about the machine.
    limit : float
        The most that is allowed, or the least where `is_least`.
    reading : str
        What is printed for reading only, seconds above all.
    """

    what: str
    measured: float
    unit: str
    limit: float
    is_least: bool = False
    reading: str = ""

    @property
    def is_kept(self) -> bool:
        """True where the figure is on the right side of its limit; a NaN never is."""
        return self.measured >= self.limit if self.is_least else self.measured <= self.limit

    def __str__(self) -> str:
        word = "at least" if self.is_least else "at most"
        verdict = "kept" if self.is_kept else "BROKEN"
        reading = f" ({self.reading})" if self.reading else ""
        measured = f"{_rounded(self.measured)} {self.unit}"
        return f"{self.what}: {measured}, {word} {self.limit:,g}: {verdict}{reading}"


def quotient(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """Divide the median of one side by the median of the other.

    Raises
    ------
    ValueError
        Where a side is empty, or a median is not above zero: nothing was measured then.
    """
    if not numerators or not denominators:
        raise ValueError("a side was never timed")
    above, below = statistics.median(numerators), statistics.median(denominators)
    if above <= 0 or below <= 0:
        raise ValueError(f"medians of {above} and {below} are no times")
    return above / below


def exit_status(figures: Iterable[Figure]) -> int:
    """Print each figure as it comes; return 1 if a limit is broken or nothing came, else 0."""
    verdicts = []
    for figure in figures:
        print(figure, flush=True)
        verdicts.append(figure.is_kept)
    return 0 if verdicts and all(verdicts) else 1


def judge(figures: Iterable[Figure]) -> NoReturn:
    """Print every figure, and end the process with the exit status that they deserve."""
    sys.exit(exit_status(figures))


def _rounded(number: float) -> str:
    """Write three digits, or all of a whole number."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
