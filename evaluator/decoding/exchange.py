"""Talks with a decoder: a line to it, a line back, and what it means if none comes."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from evaluator.decoding.confinement import refused_confinement
from evaluator.decoding.sealing import OUT_OF_CPU_TIME_STATUS, REFUSED_STATUS, SEALED_LINE
from evaluator.errors import ProblemCode

SECONDS_A_FILE = 60.0
MAX_ANSWER_BYTES = 4 * 2**20
_PIECE_BYTES = 64 * 1024
_SECONDS_A_WAIT = 1.0
_OUT_OF_CPU_TIME = {-signal.SIGXCPU, 128 + signal.SIGXCPU, OUT_OF_CPU_TIME_STATUS}
"""Of a decoder that was killed, of one that bubblewrap waited for, of one that left by itself."""


class NoAnswerError(Exception):
    """The decoder did not answer; `code` and `detail` say why."""

    def __init__(self, code: ProblemCode, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Waiting:
    """Until when an answer is waited for, and what is called about once a second meanwhile."""

    deadline: float
    on_wait: Callable[[], None] | None


def require_seal(process: "subprocess.Popen[bytes]", waiting: Waiting) -> None:
    """Wait until a new decoder says that it is sealed."""
    try:
        line = _read_line(process, waiting)
    except NoAnswerError:
        if process.poll() == REFUSED_STATUS:
            raise refused_confinement() from None
        raise
    if line != SEALED_LINE:
        raise _stopped(process)


def exchange(process: "subprocess.Popen[bytes]", line: bytes, waiting: Waiting) -> bytes:
    """Send a line and return the one that comes back."""
    if process.stdin is None:
        raise ValueError("the decoder was started without pipes")
    try:
        process.stdin.write(line)
        process.stdin.flush()
    except BrokenPipeError:
        raise _stopped(process) from None
    return _read_line(process, waiting)


def _read_line(process: "subprocess.Popen[bytes]", waiting: Waiting) -> bytes:
    if process.stdout is None:
        raise ValueError("the decoder was started without pipes")
    answer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not answer.endswith(b"\n"):
            _wait_for_output(selector, waiting)
            piece = os.read(process.stdout.fileno(), _PIECE_BYTES)
            answer += piece
            if not piece or len(answer) > MAX_ANSWER_BYTES:
                raise _stopped(process)
    return bytes(answer)


def _wait_for_output(selector: selectors.BaseSelector, waiting: Waiting) -> None:
    while not selector.select(min(_SECONDS_A_WAIT, max(0.0, waiting.deadline - time.monotonic()))):
        if time.monotonic() >= waiting.deadline:
            raise _timed_out()
        if waiting.on_wait is not None:
            waiting.on_wait()


def _stopped(process: "subprocess.Popen[bytes]") -> NoAnswerError:
    try:
        status = process.wait(1.0)
    except subprocess.TimeoutExpired:
        status = 0
    if status in _OUT_OF_CPU_TIME:
        return _timed_out()
    detail = "Reading this file ended the decoder: it is damaged, or takes too much memory."
    return NoAnswerError(ProblemCode.DECODER_STOPPED, detail)


def _timed_out() -> NoAnswerError:
    detail = (
        f"Reading this file took more than 30 s of computing or {SECONDS_A_FILE:g} s in all; use a "
        "higher level or less smoothing."
    )
    return NoAnswerError(ProblemCode.DECODER_TIMEOUT, detail)
