"""How reading and scoring go in steps: who is told of each, and what need not be done again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from evaluator import SCORING_VERSION
from evaluator.forms import Request
from evaluator.results import canonical_json

Progress = Callable[[int, int], None]


class AnswerStore(Protocol):
    """Keeps what the decoder answered; an answer that is lost costs time and nothing else."""

    def find(self, key: str) -> bytes | None:
        """Return a kept answer, None if there is none."""

    def keep(self, key: str, answer: bytes) -> None:
        """Keep an answer; keeping it twice changes nothing."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Who follows the steps, and where a decoder's answers are kept between attempts.

    Attributes
    ----------
    on_progress : callable, optional
        Called with the slides or patients that are done and those in all, after each of them.
    answers : AnswerStore, optional
        Where a slide was decoded before, its answer is taken from here.
    """

    on_progress: Progress | None = None
    answers: AnswerStore | None = None

    def tell(self, done: int, total: int) -> None:
        """Tell whoever follows how far it got."""
        if self.on_progress is not None:
            self.on_progress(done, total)


IN_ONE_GO = Steps()


def answer_key(request: Request, sha256: str) -> str:
    """Digest all that a decoder's answer follows from: the rules, the question and the file.

    Parameters
    ----------
    sha256 : str
        Hexadecimal SHA-256 of the file's bytes.
    """
    question = {"evaluator_version": SCORING_VERSION, "request": request.to_json(), "file": sha256}
    return hashlib.sha256(canonical_json(question).encode()).hexdigest()
