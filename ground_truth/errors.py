"""Defines the errors that organisers see when a source of the ground truth is unusable."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is and, in plain words, what it is. The line is None for a whole file."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        """Return ``file:line: message``, the form editors can jump to."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


class TruthError(Exception):
    """A ground truth cannot be read, built or loaded; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def single(cls, file: str, message: str, line: int | None = None) -> "TruthError":
        """Make an error of one problem."""
        return cls((Problem(file, line, message),))
