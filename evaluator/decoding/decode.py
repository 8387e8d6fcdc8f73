"""Reads detections from untrusted slide files with a confined decoder that may crash.

The decoder holds the bytes, the arrays and all libraries that touch them; it answers in one line,
which is checked before it is used. A decoder that dies, hangs or runs out of memory is a problem
of the file that it was reading, and the next file gets a new decoder.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from evaluator.decoding.confinement import start_decoder
from evaluator.decoding.exchange import (
    SECONDS_A_FILE,
    NoAnswerError,
    Waiting,
    exchange,
    require_seal,
)
from evaluator.errors import Problem, ProblemCode
from evaluator.forms import GEOMETRY_KEYS, DecodeRequest, Detections, GeometryJson

FILES_A_DECODER = 64
"""A decoder takes half a second to start; replacing it now and then bounds its memory."""
SECONDS_A_SUBMISSION = 600.0
SECONDS_TO_LEAVE = 0.5
_LONGEST_DETAIL = 2000
_MOST_REMARKS = 200


@dataclass(frozen=True, slots=True)
class SlideAnswer:
    """What a slide's file holds, checked.

    Attributes
    ----------
    detections : Detections
        Strongest first, at most as many as were asked for.
    n_found : int
        Number of detections before the weakest were left out.
    used : GeometryJson
        The geometry that the file was read with.
    counts : dict of ProblemCode to int
        True number of problems by code.
    """

    detections: Detections
    n_found: int
    used: GeometryJson
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    counts: Mapping[ProblemCode, int] = field(default_factory=dict)


class Decoder:
    """Reads files one after the other; `input` takes the bytes of the next one.

    Attributes
    ----------
    input : BinaryIO
        A file on disk without a name; `clear` empties it.
    """

    def __init__(
        self, target: BinaryIO, read_only: int, on_wait: Callable[[], None] | None = None
    ) -> None:
        self.input = target
        self._read_only = read_only
        self._on_wait = on_wait
        self._process: subprocess.Popen[bytes] | None = None
        self._n_read = 0
        self._seconds_left = SECONDS_A_SUBMISSION

    def clear(self) -> None:
        """Empty `input` for the next file's bytes."""
        self.input.seek(0)
        self.input.truncate()

    def read(
        self, request: DecodeRequest, on_answer: Callable[[bytes], None] | None = None
    ) -> SlideAnswer:
        """Read the file whose bytes are in `input`; pass a valid answer's line to `on_answer`.

        Raises
        ------
        ConfinementError
            When the kernel refuses what a decoder is sealed by; no byte has been read then.
        """
        self.input.flush()
        began = time.monotonic()
        try:
            line = self._ask(request)
            answer = _checked(line, request)
        except NoAnswerError as fault:
            self.stop()
            problem = Problem(fault.code, fault.detail, request.file)
            nothing = Detections(np.empty(0), np.empty(0), np.empty(0))
            return SlideAnswer(nothing, 0, {}, (problem,), (), {fault.code: 1})
        finally:
            self._seconds_left -= time.monotonic() - began
        if on_answer is not None:
            on_answer(line)
        return answer

    def stop(self) -> None:
        """End the decoder, if one runs.

        It leaves by itself when its input ends, and is then reaped by the program that keeps its
        namespaces; killing that program would leave the decoder to whoever reaps orphans.
        """
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # bytes that a dead decoder never read are lost
                    pipe.close()
        try:
            self._process.wait(SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _ask(self, request: DecodeRequest) -> bytes:
        if self._seconds_left <= 0:
            detail = f"The submission took more than {SECONDS_A_SUBMISSION:g} s to read."
            raise NoAnswerError(ProblemCode.DECODER_TIMEOUT, detail)
        if self._n_read >= FILES_A_DECODER:
            self.stop()
        if self._process is None:
            # One set of parameters holds for all files of a submission.
            smooths = request.suppression.sigma > 0.0
            self._process = start_decoder(self._read_only, smooths=smooths)
            self._n_read = 0
            waiting = Waiting(time.monotonic() + SECONDS_A_FILE, self._on_wait)
            require_seal(self._process, waiting)
        self._n_read += 1
        seconds = min(SECONDS_A_FILE, self._seconds_left)
        line = json.dumps(request.to_json()).encode() + b"\n"
        return exchange(self._process, line, Waiting(time.monotonic() + seconds, self._on_wait))


@contextmanager
def decoder(on_wait: Callable[[], None] | None = None) -> Iterator[Decoder]:
    """Yield a decoder, which starts with the first file and ends with the block.

    Parameters
    ----------
    on_wait : callable, optional
        Called about once a second while a file is being read; what it raises ends that.
    """
    with tempfile.NamedTemporaryFile(prefix="slide-", delete=False) as target:
        read_only = os.open(target.name, os.O_RDONLY)
        os.unlink(target.name)  # noqa: PTH108 - the name was only needed to open it twice
        reader = Decoder(cast("BinaryIO", target.file), read_only, on_wait)
        try:
            yield reader
        finally:
            reader.stop()
            os.close(read_only)


def checked_answer(line: bytes, request: DecodeRequest) -> SlideAnswer | None:
    """Read an answer kept from an earlier attempt, checked like a new one; None if not valid."""
    try:
        return _checked(line, request)
    except NoAnswerError:
        return None


def _checked(line: bytes, request: DecodeRequest) -> SlideAnswer:
    """Parse an answer and check that it fits its request."""
    try:
        body = json.loads(line)
        detections = _detections(body, request)
        n_found = int(body["n_found"])
        counts = {ProblemCode(code): int(count) for code, count in body["counts"].items()}
        answer = SlideAnswer(
            detections=detections,
            n_found=max(n_found, detections.confidence.size),
            used=_used(body["used"]),
            problems=_remarks(body["problems"], request.file),
            warnings=_remarks(body["warnings"], request.file),
            counts=counts,
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        detail = "Reading this file ended in no valid answer: it is damaged; write it anew."
        raise NoAnswerError(ProblemCode.DECODER_STOPPED, detail) from None
    return answer


def _detections(body: dict[str, Any], request: DecodeRequest) -> Detections:
    columns = [np.array(body[name], dtype=np.float64) for name in ("confidence", "x", "y")]
    confidence, x, y = columns
    width, height = request.size.bounds
    is_valid = (
        len({column.shape for column in columns}) == 1
        and confidence.ndim == 1
        and confidence.size <= request.most
        and _is_between(confidence, 0.0, 1.0)
        and _is_between(x, 0.0, np.nextafter(width, 0.0))
        and _is_between(y, 0.0, np.nextafter(height, 0.0))
        and bool(np.all(confidence > 0.0))
        and bool(np.all(confidence[1:] <= confidence[:-1]))
    )
    if not is_valid:
        raise ValueError("detections that no file can hold")
    return Detections(confidence, x, y)


def _is_between(values: NDArray[np.float64], low: float, high: float) -> bool:
    return bool(np.all((values >= low) & (values <= high)))


def _used(body: dict[str, Any]) -> GeometryJson:
    if not set(body) <= GEOMETRY_KEYS or not all(
        isinstance(value, str | float | int) for value in body.values()
    ):
        raise ValueError("a geometry that no file can have")
    return {key: value if isinstance(value, str) else float(value) for key, value in body.items()}


def _remarks(body: list[dict[str, Any]], file: str) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            ProblemCode(item["code"]),
            str(item["detail"])[:_LONGEST_DETAIL],
            file,
            None if item["line"] is None else int(item["line"]),
        )
        for item in body[:_MOST_REMARKS]
    )
