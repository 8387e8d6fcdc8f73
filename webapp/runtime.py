"""Composes engine, sessions, storage, truth and queue from settings: the one composition root."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from ground_truth.types import GroundTruth
from webapp.database.engine import make_engine
from webapp.database.options import BEST_EFFORT_OPTION, READ_ONLY_OPTION
from webapp.database.patience import CONNECT_SECONDS, POOL_SECONDS, Patience
from webapp.queueing import Queue, make_queue
from webapp.services.work.queue import WorkPolicy
from webapp.services.work.recovery import DOUBT_SECONDS
from webapp.settings import NO_FENCE, NO_LEASE_RECOVERY, Settings, load_settings
from webapp.storage import FolderBlobStore

MAX_TRUTHS_IN_MEMORY = 4
"""Truth versions kept in memory at once; few workers serve more phases."""

_VERSION = re.compile(r"[0-9a-f]{12}")

_POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""Seconds and, for the last, milliseconds after which a silent database counts as lost."""

_WEB_POOL = {"pool_size": 8, "max_overflow": 16, "pool_timeout": POOL_SECONDS}
"""Enough for the web server's threads, of which each may use three connections at once."""


class Runtime:
    """Holds what a process needs to call services; each part is made at its first use.

    Parameters
    ----------
    settings : Settings
    patience : Patience, optional
        How long a request waits for the database; without one, as long as it takes.
    """

    def __init__(self, settings: Settings, *, patience: Patience | None = None) -> None:
        self.settings = settings
        self._patience = patience
        self.load_truth = lru_cache(maxsize=MAX_TRUTHS_IN_MEMORY)(self._load_truth)

    @cached_property
    def engine(self) -> Engine:
        """Return the database's engine."""
        url = self.settings.database_address
        options: dict[str, Any] = {}
        if url.startswith("postgresql"):
            options["connect_args"] = _connection_options(self._patience)
        if self._patience is not None:
            options.update(_WEB_POOL)
        return make_engine(url, patience=self._patience, **options)

    @cached_property
    def sessions(self) -> sessionmaker[Session]:
        """Return the maker of sessions that write."""
        return sessionmaker(self.engine, expire_on_commit=False)

    @cached_property
    def _reading_sessions(self) -> sessionmaker[Session]:
        return sessionmaker(self.engine.execution_options(**{READ_ONLY_OPTION: True}))

    @cached_property
    def _best_effort_sessions(self) -> sessionmaker[Session]:
        return sessionmaker(self.engine.execution_options(**{BEST_EFFORT_OPTION: True}))

    @cached_property
    def storage(self) -> FolderBlobStore:
        """Return the store of submitted files."""
        return FolderBlobStore(self.settings.blob_dir)

    @cached_property
    def celery(self) -> Queue:
        """Return the queue, whose short timeouts send hints quickly or not at all."""
        return make_queue(self.settings.redis_address)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session for one service call that may write."""
        with self.sessions() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads; on SQLite it waits for no writer."""
        with self._reading_sessions() as session:
            yield session

    @contextmanager
    def best_effort(self) -> Iterator[Session]:
        """Lend a session for a write that may as well be left out: it hardly waits for a lock.

        A lock that is held, like a disk that is full, raises SQLAlchemy's `DBAPIError`.
        """
        with self._best_effort_sessions() as session:
            yield session

    def policy(self, worker: str) -> WorkPolicy:
        """Return the rules by which a worker of this name claims and does work."""
        switches = self.settings.test_switches
        return WorkPolicy(
            worker=worker,
            lease_seconds=self.settings.lease_seconds,
            recovers_expired=NO_LEASE_RECOVERY not in switches,
            is_fenced=NO_FENCE not in switches,
            doubt_seconds=DOUBT_SECONDS,
            pause_per_slide_seconds=self.settings.pause_per_slide_seconds,
        )

    def _load_truth(self, version: str) -> GroundTruth:
        from ground_truth.versions import load_truth

        if self.settings.truth_dir is None:
            raise RuntimeError("CAMELYON_TRUTH_DIR is not set: this process may not score")
        if not _VERSION.fullmatch(version):
            raise ValueError(f"{version!r} is not the name of a truth version")
        return load_truth(self.settings.truth_dir / version)


def runtime_from_environment() -> Runtime:
    """Build the runtime that the process's environment describes."""
    return Runtime(load_settings())


def web_runtime_from_environment() -> Runtime:
    """Build the runtime of a web process, whose requests do not wait long for the database."""
    settings = load_settings()
    return Runtime(settings, patience=Patience(settings.database_patience_seconds))


def _connection_options(patience: Patience | None) -> dict[str, int | str]:
    if patience is None:
        return dict(_POSTGRESQL_OPTIONS)
    return {
        **_POSTGRESQL_OPTIONS,
        "connect_timeout": CONNECT_SECONDS,
        "options": patience.connection_options(),
    }
