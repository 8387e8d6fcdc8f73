"""Builds the command lines of the programs that make up a service."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import webapp
from webapp.settings import FILE_SUFFIX, VARIABLE_PREFIX

BROKER = "broker"
WEB = "web"
WORKER = "worker"
BEAT = "beat"

WEB_THREADS = 8
WEB_TIMEOUT_SECONDS = 120
GRACEFUL_SECONDS = 20

_TRUTH_VARIABLE = VARIABLE_PREFIX + "TRUTH_DIR"
TRUTH_VARIABLES = frozenset({_TRUTH_VARIABLE, _TRUTH_VARIABLE + FILE_SUFFIX})
"""Variables that only workers are given: they name the folder of the truth."""

_PYTHON = (sys.executable, "-P")
"""-P: nothing is imported from the current folder."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program of a service.

    Attributes
    ----------
    lock : Path or None
        Held for as long as the program lives.
    hidden_variables : frozenset of str
        Environment variables that it is started without.
    mend : callable, optional
        Called before a restart when it has failed again soon after several starts.
    """

    name: str
    command: tuple[str, ...]
    lock: Path | None = None
    hidden_variables: frozenset[str] = frozenset()
    mend: Callable[[], None] | None = None

    def launch_command(self, parent: int) -> list[str]:
        """Return the command that starts the program so that it dies with its parent."""
        lock = "-" if self.lock is None else str(self.lock)
        return [*_PYTHON, "-m", "webapp.processes.launch", str(parent), lock, *self.command]


def web(bind: str, processes: int = 1) -> Program:
    """Return the web server: gunicorn with a worker in which a slow client costs only itself."""
    return Program(
        WEB,
        (
            *_PYTHON,
            *("-m", "gunicorn"),
            *("--bind", bind),
            *("--worker-class", "webapp.server.worker.PatientWorker"),
            *("--workers", str(processes)),
            *("--threads", str(WEB_THREADS)),
            *("--timeout", str(WEB_TIMEOUT_SECONDS)),
            *("--graceful-timeout", str(GRACEFUL_SECONDS)),
            # What proxies say is read in one place, `webapp.http.proxies`; gunicorn alone would
            # believe whoever asks from this machine.
            *("--forwarded-allow-ips", ""),
            "--no-control-socket",
            *("--config", "python:webapp.processes.gunicorn_hooks"),
            "webapp.processes.wsgi:make_app()",
        ),
        hidden_variables=TRUTH_VARIABLES,
    )


def worker() -> Program:
    """Return the worker, which polls too."""
    return Program(WORKER, (*_PYTHON, "-m", "webapp.cli", "worker"))


def beat() -> Program:
    """Return the sweeper."""
    return Program(BEAT, (*_PYTHON, "-m", "webapp.cli", "beat"), hidden_variables=TRUTH_VARIABLES)


def with_own_packages(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which a program imports this code, installed or not."""
    own = str(Path(webapp.__file__).parents[1])
    path = environment.get("PYTHONPATH")
    numerical = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**numerical, **environment, "PYTHONPATH": f"{own}:{path}" if path else own}
