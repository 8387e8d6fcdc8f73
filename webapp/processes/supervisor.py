"""Runs a whole service on one machine: broker, web, worker and beat, restarted when they die.

For other code (the demo, tests)::

    with running_service(Path("home"), port=8000) as service:
        service.url                    # "http://127.0.0.1:8000", answering
        service.settings               # those of its programs
        service.process_id("worker")   # changes when the program is restarted

``serve`` runs the same until SIGTERM or SIGINT. A home is served by one process at a time. The
programs die with the process that runs them, however it dies.
"""

import fcntl
import http.client
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import structlog

from webapp.database.migrations import upgrade
from webapp.privacy import private_new_files
from webapp.processes import embedded, programs
from webapp.processes.home import CannotServeError, Home, environment_of, prepare_home
from webapp.processes.keeper import Keeper
from webapp.processes.programs import Program
from webapp.settings import VARIABLE_PREFIX, load_settings

READY_SECONDS = 60.0
_MAX_STARTS = 3
"""A program started more often than this before it answers is broken, not slow."""

_POLL_SECONDS = 0.05

log = structlog.stdlib.get_logger(__name__)


class HomeBusyError(CannotServeError):
    """Another process serves this home."""


class PortTakenError(CannotServeError):
    """Another program listens at the service's port."""


class StartError(CannotServeError):
    """The service did not start; the message names the failed program and quotes its output."""


class Service:
    """A running service.

    Attributes
    ----------
    url : str
        Its address.
    home : Home
    settings : Settings
        The settings of all its programs.
    environment : dict of str to str
        The variables that hold these settings, for a further program.
    """

    def __init__(self, home: Home, url: str, environment: dict[str, str], keeper: Keeper) -> None:
        self.home = home
        self.url = url
        self.environment = environment
        self.settings = load_settings(environment)
        self._keeper = keeper

    def process_id(self, program: str) -> int | None:
        """Return the process (and process group) that a program runs in; None while it is down."""
        return self._keeper.process_id(program)

    def forbid_restart(self, program: str) -> None:
        """Do not restart a program when it dies; tests remove the broker this way."""
        self._keeper.forbid_restart(program)

    def allow_restart(self, program: str) -> None:
        """Start a program again that was forbidden to restart."""
        self._keeper.allow_restart(program)


@contextmanager
def running_service(
    root: Path,
    *,
    port: int = 0,
    environment: Mapping[str, str] | None = None,
    logs_to_files: bool = True,
) -> Iterator[Service]:
    """Run a service in a home until the block is left.

    Parameters
    ----------
    root : Path
        The home; made if it is missing, migrated if it is old.
    port : int
        Of 127.0.0.1; 0 takes a free one.
    environment : mapping, optional
        Replaces the process's environment; its settings override the home's own.
    logs_to_files : bool
        Write each program's output to ``logs/NAME.log`` instead of standard error.

    Raises
    ------
    HomeBusyError
        If the home is already served.
    PortTakenError
        If something else answers at the port.
    StartError
        If a program does not start.
    SettingsError
        If the environment is wrong.
    """
    with private_new_files(), _locked_home(prepare_home(root)) as home:
        port = _require_free(port) if port else embedded.free_port()
        variables = programs.with_own_packages(environment_of(home, environment))
        variables.setdefault(VARIABLE_PREFIX + "PUBLIC_URL", f"http://127.0.0.1:{port}")
        keeper = Keeper(variables, home.logs if logs_to_files else None)
        try:
            yield _start(home, port, variables, keeper)
        finally:
            keeper.stop()


def serve(root: Path, port: int) -> None:
    """Serve a home until SIGTERM or SIGINT, then stop every program in order."""
    is_told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_told_to_stop.set())
    with running_service(root, port=port, logs_to_files=False) as service:
        log.info("serving", url=service.url, home=str(service.home.root))
        is_told_to_stop.wait()
        log.info("stopping")


@contextmanager
def _locked_home(home: Home) -> Iterator[Home]:
    with home.lock.open("w") as file:
        _lock(file, home)
        yield home


def _lock(file: IO[str], home: Home) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HomeBusyError(f"{home.root} is already being served") from None


def _require_free(port: int) -> int:
    """Return the port if it is free; otherwise another program's answers would look like ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the web server does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            words = f"port {port} of 127.0.0.1 cannot be used ({error.strerror}); choose another"
            raise PortTakenError(words) from None
    return port


def _start(home: Home, port: int, variables: dict[str, str], keeper: Keeper) -> Service:
    has_own_broker = variables.get(VARIABLE_PREFIX + "REDIS_URL_FILE") == str(home.broker_url)
    if has_own_broker:
        command = tuple(embedded.prepare_broker(home))
        keeper.keep(
            Program(
                programs.BROKER,
                command,
                lock=embedded.broker_lock(home),
                mend=lambda: embedded.set_broken_file_aside(home),
            )
        )
    upgrade(load_settings(variables).database_address)
    if has_own_broker and not embedded.wait_until_ready(home):
        raise StartError(keeper.last_output(programs.BROKER))
    for program in (programs.web(f"127.0.0.1:{port}"), programs.worker(), programs.beat()):
        keeper.keep(program)
    _wait_for_web(port, keeper)
    return Service(home, f"http://127.0.0.1:{port}", variables, keeper)


def _wait_for_web(port: int, keeper: Keeper) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _web_answers(port):
        if time.monotonic() > deadline or keeper.starts(programs.WEB) > _MAX_STARTS:
            raise StartError(keeper.last_output(programs.WEB))
        time.sleep(_POLL_SECONDS)


def _web_answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("HEAD", "/healthz", headers={"Host": f"127.0.0.1:{port}"})
        connection.getresponse()
    except OSError:
        return False
    finally:
        connection.close()
    return True
