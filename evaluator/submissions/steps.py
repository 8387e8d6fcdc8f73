"""Reports how far reading and scoring got, and keeps decoded answers for the next attempt."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from evaluator import SCORING_VERSION
from evaluator.forms import DecodeRequest
from evaluator.results import canonical_json

Progress = Callable[[int, int], None]


class AnswerStore(Protocol):
    """Keeps the decoder's answers; losing one costs only the time to decode again."""

    def find(self, key: str) -> bytes | None:
        """Return a kept answer, None if there is none."""

    def keep(self, key: str, answer: bytes) -> None:
        """Keep an answer; keeping it twice changes nothing."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Where progress is reported, and where the decoder's answers are kept between attempts.

    Attributes
    ----------
    on_progress : callable, optional
        Called after each slide or patient with the number done and the number of all.
    answers : AnswerStore, optional
        Holds the answers for slides that were decoded before.
    on_wait : callable, optional
        Called about once a second while a slide's file is being decoded; what it raises ends that.
    """

    on_progress: Progress | None = None
    answers: AnswerStore | None = None
    on_wait: Callable[[], None] | None = None

    def report_progress(self, done: int, total: int) -> None:
        """Call `on_progress`, if there is one."""
        if self.on_progress is not None:
            self.on_progress(done, total)


NO_STEPS = Steps()


def answer_key(request: DecodeRequest, sha256: str) -> str:
    """Digest everything that a decoder's answer depends on: rules, request and file.

    Parameters
    ----------
    sha256 : str
        Hexadecimal SHA-256 of the file's bytes.
    """
    question = {"evaluator_version": SCORING_VERSION, "request": request.to_json(), "file": sha256}
    return hashlib.sha256(canonical_json(question).encode()).hexdigest()
