"""Runs the two kinds of service that a soak harms, whole, in a temporary folder."""

import ctypes
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import httpx

from tests.soak.proxy import CommitCutter
from tests.webapp.postgres_server import PostgresServer, running_postgres
from webapp.database.migrations import upgrade
from webapp.processes import embedded, programs
from webapp.processes.home import Home, environment_of, prepare_home
from webapp.processes.keeper import Keeper
from webapp.processes.programs import BEAT, BROKER, WEB, WORKER, Program
from webapp.processes.supervisor import running_service
from webapp.runtime import Runtime
from webapp.settings import load_settings

SECOND_WORKER = "worker-2"
READY_SECONDS = 60.0
DISK_MIB = 512
_PREFIX = "CAMELYON_"
_DATABASE = "camelyon"
_CLONE_NEWNS = 0x00020000
"""unshare(2): mounts made afterwards are seen by this process and its children alone."""


@dataclass(slots=True)
class Stack:
    """One running service, as those who harm and check it see it.

    Attributes
    ----------
    runtime : Runtime
        Reaches the database without the proxy.
    postgres, proxy : optional
        Only with PostgreSQL.
    disk : Path or None
        The mount of the home's own small disk, where one could be mounted.
    """

    name: str
    url: str
    home: Home
    runtime: Runtime
    workers: tuple[str, ...]
    process_id: Callable[[str], int | None]
    disk: Path | None
    postgres: PostgresServer | None = None
    proxy: CommitCutter | None = None

    @property
    def broker_url(self) -> str:
        """Return the broker's address."""
        return self.runtime.settings.redis_address

    @property
    def lease_seconds(self) -> float:
        """Return how long a claim lasts."""
        return self.runtime.settings.lease_seconds

    def wait_until_whole(self, seconds: float = READY_SECONDS) -> list[str]:
        """Wait until every program runs and answers; return what does not."""
        ends_at = time.monotonic() + seconds
        while (missing := self._missing()) and time.monotonic() < ends_at:
            time.sleep(0.1)
        return missing

    def _missing(self) -> list[str]:
        names = (WEB, BEAT, BROKER, *self.workers)
        missing = [name for name in names if self.process_id(name) is None]
        if not _answers(self.url):
            missing.append("an answer to /healthz")
        if not embedded.broker_answers(self.broker_url):
            missing.append("an answer of the broker")
        return missing


@contextmanager
def serving_stack(
    folder: Path, settings: dict[str, str], *, has_second_worker: bool
) -> Iterator[Stack]:
    """Run S: `camelyon serve` on SQLite with its own broker, and if asked a worker beside it."""
    disk = mount_small_disk(folder / "home")
    environment = {"PATH": os.environ["PATH"], **settings}
    with running_service(folder / "home", environment=environment) as service:
        runtime = Runtime(service.settings)
        keeper = Keeper(service.environment, service.home.logs)
        workers: tuple[str, ...] = (WORKER,)
        if has_second_worker:
            keeper.keep(replace(programs.worker(), name=SECOND_WORKER))
            workers = (WORKER, SECOND_WORKER)

        def process_id(name: str) -> int | None:
            return (keeper if name == SECOND_WORKER else service).process_id(name)

        try:
            yield Stack("S", service.url, service.home, runtime, workers, process_id, disk)
        finally:
            keeper.stop()
            runtime.engine.dispose()


@contextmanager
def separate_stack(folder: Path, settings: dict[str, str], draws: Random) -> Iterator[Stack]:
    """Run P: two web processes, two workers, beat and broker on PostgreSQL."""
    disk = mount_small_disk(folder / "home")
    home = prepare_home(folder / "home")
    with (
        # An acknowledged COMMIT must survive the crash of the server, as it does by default.
        running_postgres(synchronous_commit="on") as postgres,
        CommitCutter(postgres.folder / ".s.PGSQL.5432", draws) as proxy,
    ):
        _create_database(postgres)
        through = f"postgresql://camelyon@127.0.0.1:{proxy.port}/{_DATABASE}?sslmode=disable"
        address = f"http://127.0.0.1:{embedded.free_port()}"
        given = {
            "PATH": os.environ["PATH"],
            f"{_PREFIX}PUBLIC_URL": address,
            f"{_PREFIX}DATABASE_URL": through,
            **settings,
        }
        variables = programs.with_own_packages(environment_of(home, given))
        keeper = Keeper(variables, home.logs)
        try:
            runtime = _start(keeper, home, variables, postgres)
            stack = Stack(
                *("P", address, home, runtime, (WORKER, SECOND_WORKER), keeper.process_id),
                *(disk, postgres, proxy),
            )
            missing = stack.wait_until_whole()
            if missing:
                raise RuntimeError(f"the stack did not come up: {', '.join(missing)}")
            yield stack
            runtime.engine.dispose()
        finally:
            keeper.stop()


def mount_small_disk(place: Path) -> Path | None:
    """Mount a disk of memory at a place, seen by this process alone; None where that is forbidden.

    `separate_mounts` has to be called before.
    """
    place.mkdir(mode=0o700, parents=True)
    if not _HAS_OWN_MOUNTS:
        return None
    options = f"size={DISK_MIB}m,mode=700"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    done = subprocess.run(command, check=False, capture_output=True)
    return place if done.returncode == 0 else None


_HAS_OWN_MOUNTS: list[bool] = []


def separate_mounts() -> None:
    """Give this process mounts of its own, which end with it, if the system lets it."""
    unshare = getattr(ctypes.CDLL(None, use_errno=True), "unshare", None)
    if unshare is None or unshare(_CLONE_NEWNS) != 0:
        return
    command = ["mount", "--make-rprivate", "/"]
    with suppress(OSError):
        if subprocess.run(command, check=False, capture_output=True).returncode == 0:
            _HAS_OWN_MOUNTS.append(True)


def _create_database(postgres: PostgresServer) -> None:
    from sqlalchemy import text

    from webapp.database.engine import make_engine

    engine = make_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {_DATABASE}"))
    engine.dispose()


def _start(
    keeper: Keeper, home: Home, variables: dict[str, str], postgres: PostgresServer
) -> Runtime:
    """Start every program; return a runtime that goes around the proxy."""
    command = tuple(embedded.prepare_broker(home))
    keeper.keep(Program(BROKER, command, lock=embedded.broker_lock(home)))
    direct = {**variables, f"{_PREFIX}DATABASE_URL": postgres.url(_DATABASE)}
    settings = load_settings(direct)
    upgrade(settings.database_address)
    if not embedded.wait_until_ready(home):
        raise RuntimeError(keeper.last_output(BROKER))
    bind = settings.public_url.removeprefix("http://")
    for program in (
        programs.web(bind, processes=2),
        programs.worker(),
        replace(programs.worker(), name=SECOND_WORKER),
        programs.beat(),
    ):
        keeper.keep(program)
    return Runtime(settings)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
