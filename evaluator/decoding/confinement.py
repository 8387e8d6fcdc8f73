"""Starts the confined decoder, and measures how far it is confined on this machine."""

import json
import os
import shutil
import subprocess
import sys
from enum import IntEnum
from functools import cache
from pathlib import Path

from evaluator.decoding.sealing import REFUSED_STATUS, SEALED_LINE
from evaluator.forms import DOES_NOT_SMOOTH, PROBE_REQUEST, SMOOTHS

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); "
    "from evaluator.decoding.program import main; main()"
)
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""The decoder's whole environment."""

_OWN_PROCESSES = ("--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child")
_NAMESPACE_COMMANDS = (
    ("bwrap", "--unshare-all", "--die-with-parent", "--clearenv", "--ro-bind", "/", "/"),
    ("unshare", *_OWN_PROCESSES),
    ("unshare", "--user", "--map-current-user", *_OWN_PROCESSES),
)
"""Commands that start a program without network and other processes, the best one first.

Only root may do without a user namespace. It should: the decoder then becomes a user of its own,
whom such a namespace would not know.
"""

_PROBE_SECONDS = 60


class ConfinementError(Exception):
    """No decoder can be confined here, so no file of a participant may be read."""


class ConfinementLevel(IntEnum):
    """How far a decoder of participants' bytes is confined."""

    LIMITED = 1
    """Memory, time and open files are limited and its environment is empty."""

    SEALED = 2
    """It also can open no file, no socket, and start no program."""

    ISOLATED = 3
    """It also runs in namespaces of its own, without any network."""


def start_decoder(input_descriptor: int, *, smooths: bool) -> subprocess.Popen[bytes]:
    """Start a decoder that reads files from a descriptor open for reading."""
    return _started(namespace_command(), input_descriptor, SMOOTHS if smooths else DOES_NOT_SMOOTH)


@cache
def confinement_level() -> ConfinementLevel:
    """Return the level that a decoder started here has, by asking one.

    Raises
    ------
    ConfinementError
        When the kernel refuses the filter of system calls.
    """
    answer = _probe(namespace_command())
    if answer is None or any(answer.values()):
        return ConfinementLevel.LIMITED
    return ConfinementLevel.ISOLATED if namespace_command() else ConfinementLevel.SEALED


@cache
def namespace_command() -> tuple[str, ...]:
    """Return the command line that starts a decoder in namespaces; empty where that fails."""
    for name, *options in _NAMESPACE_COMMANDS:
        program = shutil.which(name)
        if program and _probe((program, *options, "--")) is not None:
            return (program, *options, "--")
    return ()


def refused_confinement() -> ConfinementError:
    """Return the error of a decoder that ended because the kernel refused its filter."""
    return ConfinementError(
        "the kernel refuses the filter of system calls (seccomp) that participants' files are"
        " decoded under, so none is decoded here"
    )


def _started(
    prefix: tuple[str, ...], input_descriptor: int, smooths: str
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [*prefix, sys.executable, "-I", "-c", _PROGRAM, str(input_descriptor), smooths],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
        pass_fds=(input_descriptor,),
        start_new_session=True,
    )


def _probe(prefix: tuple[str, ...]) -> dict[str, bool] | None:
    """Start a decoder, ask what it can do, and end it; None where it does not answer.

    Raises
    ------
    ConfinementError
        When the decoder could not be sealed.
    """
    descriptor = os.open(os.devnull, os.O_RDONLY)
    try:
        process = _started(prefix, descriptor, DOES_NOT_SMOOTH)
    finally:
        os.close(descriptor)
    try:
        answer, _ = process.communicate(json.dumps(PROBE_REQUEST).encode() + b"\n", _PROBE_SECONDS)
        if process.returncode == REFUSED_STATUS:
            raise refused_confinement()
        return dict(json.loads(answer.removeprefix(SEALED_LINE)))
    except (ValueError, subprocess.TimeoutExpired):
        return None
    finally:
        process.kill()
        process.wait()
