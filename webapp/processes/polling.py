"""Looks for work in the database, and does what the broker does not deliver.

It runs in the worker's main process and finds rows whose hint was lost or whose lease has run out.
It sends a hint the first time it finds a row. If no hint can be sent, or the row is still there at
the next poll, a spare process does the work: Celery's pool takes nothing while it reconnects to the
broker, so without a broker only this scores submissions.
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache

import structlog
from sqlalchemy.exc import SQLAlchemyError

from webapp.processes.launch import die_with_parent
from webapp.processes.logs import configure_logs
from webapp.queueing import HARD_LIMIT_SECONDS, TASKS_PER_CHILD
from webapp.runtime import Runtime
from webapp.services.work.queue import WorkItem, next_items
from webapp.services.work.sweeping import heartbeat
from webapp.settings import Settings
from webapp.tasks import enqueue, perform

HINT_AGE_SECONDS = 2.0
"""Work starts sooner after a hint that arrives; the hint of an older row was lost."""

BUSY_AGE_SECONDS = 10.0
"""Age from which a row is taken while Celery's pool is busy."""

ITEMS_A_POLL = 8
HEARTBEAT_SECONDS = 5.0
DATABASE_LOST_SECONDS = 60.0
"""A worker that cannot reach the database for this long exits, to be restarted."""

DATABASE_LOST_EXIT_STATUS = 75
"""EX_TEMPFAIL of sysexits.h: try again."""

_JITTER = 0.25

log = structlog.stdlib.get_logger(__name__)

fork_guard = threading.Lock()
"""Held while a statement runs: a process forked meanwhile would inherit locks held for ever."""

os.register_at_fork(
    before=fork_guard.acquire,
    after_in_parent=fork_guard.release,
    after_in_child=fork_guard.release,
)


class Poller:
    """Polls in a thread, and works in one spare process.

    Parameters
    ----------
    settings : Settings
    name : str
        This worker's name in heartbeats and events.
    has_spare : callable
        Tells whether the machine has room for one more piece of work now.
    """

    def __init__(self, settings: Settings, name: str, has_spare: Callable[[], bool]) -> None:
        self._settings = settings
        self._name = name
        self._has_spare = has_spare
        self._runtime = Runtime(settings, keeps_connections=False)
        self._executor: ProcessPoolExecutor | None = None
        self._running: Future[None] | None = None
        self._hinted: frozenset[WorkItem] = frozenset()
        self._wake = threading.Event()
        self._is_stopping = False
        self._database_seen_at = time.monotonic()
        self._heartbeat_at = float("-inf")
        self._thread = threading.Thread(target=self._loop, name="poll", daemon=True)

    def start(self) -> None:
        """Start polling."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more work, and wait until the current item is done."""
        self._is_stopping = True
        self._wake.set()
        self._thread.join()
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def _loop(self) -> None:
        while not self._is_stopping:
            try:
                self._poll()
                self._database_seen_at = time.monotonic()
            except (SQLAlchemyError, OSError) as error:
                log.warning("poll failed", error=type(error).__name__)
            self._exit_if_database_is_lost()
            jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - not a secret
            self._wake.wait(self._settings.poll_seconds * jitter)
            self._wake.clear()

    def _poll(self) -> None:
        items = self._find_items()
        old = [item for item in items if item in self._hinted]
        new = [item for item in items if item not in self._hinted]
        sent = enqueue(self._runtime.celery, new)
        self._hinted = frozenset([*old, *sent])
        left = [item for item in items if item not in sent]
        if left and not self._is_busy() and not self._is_stopping:
            self._start_work(left[0])

    def _start_work(self, item: WorkItem) -> None:
        log.info("poll takes work", kind=item.kind.value, item=item.id)
        try:
            self._running = self._pool().submit(
                work_in_spare_process, self._settings, item, self._name
            )
        except BrokenProcessPool:
            self._executor = None
            return
        self._running.add_done_callback(self._finished)

    def _find_items(self) -> list[WorkItem]:
        older = HINT_AGE_SECONDS if self._has_spare() else BUSY_AGE_SECONDS
        with fork_guard:
            if time.monotonic() - self._heartbeat_at >= HEARTBEAT_SECONDS:
                with self._runtime.session() as session:
                    heartbeat(session, self._name, "worker")
                self._heartbeat_at = time.monotonic()
            with self._runtime.reading() as session:
                return next_items(session, older_than_seconds=older, limit=ITEMS_A_POLL)

    def _is_busy(self) -> bool:
        return self._running is not None and not self._running.done()

    def _pool(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_initialise_spare_process,
                initargs=(os.getpid(), self._settings),
                max_tasks_per_child=TASKS_PER_CHILD,
            )
        return self._executor

    def _finished(self, future: Future[None]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            self._executor = None
        if error is not None:
            log.error("polled work failed", error=type(error).__name__)
            return
        self._wake.set()  # there can be more work

    def _exit_if_database_is_lost(self) -> None:
        if time.monotonic() - self._database_seen_at > DATABASE_LOST_SECONDS:
            log.critical("no database for too long, leaving", seconds=DATABASE_LOST_SECONDS)
            os._exit(DATABASE_LOST_EXIT_STATUS)


def work_in_spare_process(settings: Settings, item: WorkItem, worker: str) -> None:
    """Do one item, and the items that follow from it while the broker is away.

    Runs in the spare process. Each item has the same hard time limit as a Celery task.
    """
    items = [item]
    try:
        while items:
            signal.alarm(HARD_LIMIT_SECONDS)
            items += perform(_own_runtime(settings), items.pop(), worker)
    finally:
        signal.alarm(0)


@cache
def _own_runtime(settings: Settings) -> Runtime:
    return Runtime(settings)


def _initialise_spare_process(parent: int, settings: Settings) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides when to stop
    configure_logs(settings.log_format)
