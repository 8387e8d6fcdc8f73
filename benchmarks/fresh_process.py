"""Runs commands in fresh processes and tells what each cost as a whole, imports included."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FRESH_YARDSTICKS = "fresh yardsticks"
"""The unit of whole processes."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""As the service runs; threads that wait for work cost most on an idle machine."""
_MEASURE = """
import os, subprocess, sys
done = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
output = done.stdout.read()
_, status, usage = os.wait4(done.pid, 0)
print(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
sys.stdout.flush()
sys.stdout.buffer.write(output)
"""
"""A small process in between: a peak is never below that of the process it was forked from."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process and the children that it waited for cost, and what it printed.

    Attributes
    ----------
    cpu_seconds : float
        User and system, of all of them.
    peak_mib : float
        Of the largest of them.
    output : str
        Its standard output.
    """

    cpu_seconds: float
    peak_mib: float
    output: str


def run_module(module: str, *arguments: str) -> Cost:
    """Run a module by its name, from the repository's root."""
    return run_command([sys.executable, "-m", module, *arguments])


def run_command(command: Sequence[str]) -> Cost:
    """Run a command from the repository's root.

    Raises
    ------
    RuntimeError
        When it fails; its own words went to standard error.
    """
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-c", _MEASURE, *command],
        cwd=ROOT,
        env={**os.environ, **_ONE_THREAD},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    first, _, output = done.stdout.partition("\n")
    status, cpu_seconds, peak_mib = first.split()
    if status != "0":
        raise RuntimeError(f"{command} failed")
    return Cost(float(cpu_seconds), float(peak_mib), output)


def time_fresh_yardstick() -> float:
    """Return the CPU seconds of a process that starts, imports numpy and does the yardstick."""
    return run_module("benchmarks.yardstick").cpu_seconds
