"""Starts the confined decoder, and measures how far it is confined on this machine."""

import json
import os
import shutil
import subprocess
import sys
from enum import IntEnum
from functools import cache
from pathlib import Path

from evaluator.forms import DOES_NOT_SMOOTH, PROBE_REQUEST, SMOOTHS

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); "
    "from evaluator.decoding.program import main; main()"
)
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""The decoder's whole environment."""

_NAMESPACES = {
    "bwrap": ("--unshare-all", "--die-with-parent", "--clearenv", "--ro-bind", "/", "/"),
    "unshare": ("--user", "--map-current-user", "--net", "--ipc", "--uts"),
}
"""Programs that start another one without network and other processes, the better one first."""

_PROBE_SECONDS = 60


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
    """Return the level that a decoder started here has, by asking one."""
    answer = _probe(namespace_command())
    if answer is None or any(answer.values()):
        return ConfinementLevel.LIMITED
    return ConfinementLevel.ISOLATED if namespace_command() else ConfinementLevel.SEALED


@cache
def namespace_command() -> tuple[str, ...]:
    """Return the command line that starts a decoder in namespaces; empty where that fails."""
    for name, options in _NAMESPACES.items():
        program = shutil.which(name)
        if program and _probe((program, *options, "--")) is not None:
            return (program, *options, "--")
    return ()


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
    """Start a decoder, ask what it can do, and end it; None where it does not answer."""
    descriptor = os.open(os.devnull, os.O_RDONLY)
    try:
        process = _started(prefix, descriptor, DOES_NOT_SMOOTH)
    finally:
        os.close(descriptor)
    try:
        answer, _ = process.communicate(json.dumps(PROBE_REQUEST).encode() + b"\n", _PROBE_SECONDS)
        return dict(json.loads(answer))
    except (ValueError, subprocess.TimeoutExpired):
        return None
    finally:
        process.kill()
        process.wait()
