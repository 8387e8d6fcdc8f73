"""Writes how a worker's slots do into the database, in a thread of its own."""

import os
import threading
import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from webapp.runtime import Runtime
from webapp.services.records.slots import SlotPulse, forget_worker, record_slots
from webapp.worker.slots import LEAVE_EXIT_STATUS

SECONDS_A_RECORD = 2.0
SHORTEST_PAUSE_SECONDS = 0.25
DATABASE_LOST_SECONDS = 60.0
"""A worker that cannot reach the database for this long leaves, to be restarted."""

log = structlog.stdlib.get_logger(__name__)


class Recorder:
    """Writes the slots' records every two seconds, and sooner when one begins or ends waiting.

    Parameters
    ----------
    runtime : Runtime
    worker : str
        The worker's name.
    pulses : callable
        Returns how every slot does.
    """

    def __init__(
        self, runtime: Runtime, worker: str, pulses: Callable[[], tuple[SlotPulse, ...]]
    ) -> None:
        self._runtime = runtime
        self._worker = worker
        self._pulses = pulses
        self._is_wanted = threading.Event()
        self._is_stopping = False
        self._database_seen_at = time.monotonic()
        self._thread = threading.Thread(target=self._loop, name="recorder", daemon=True)

    def start(self) -> None:
        """Start recording."""
        self._thread.start()

    def record_soon(self) -> None:
        """Record without waiting for the next turn; return at once."""
        self._is_wanted.set()

    def stop(self) -> None:
        """Stop recording, and delete this worker's records if the database answers."""
        self._is_stopping = True
        self._is_wanted.set()
        self._thread.join()
        try:
            with self._runtime.session() as session:
                forget_worker(session, self._worker)
        except SQLAlchemyError as error:
            log.warning("records not deleted", error=type(error).__name__)

    def _loop(self) -> None:
        has_begun = False
        while not self._is_stopping:
            try:
                with self._runtime.session() as session:
                    if not has_begun:
                        forget_worker(session, self._worker)
                        has_begun = True
                    record_slots(session, self._worker, self._pulses())
                self._database_seen_at = time.monotonic()
            except SQLAlchemyError as error:
                log.warning("slots not recorded", error=type(error).__name__)
            self._leave_if_database_is_lost()
            time.sleep(SHORTEST_PAUSE_SECONDS)
            self._is_wanted.wait(SECONDS_A_RECORD - SHORTEST_PAUSE_SECONDS)
            self._is_wanted.clear()

    def _leave_if_database_is_lost(self) -> None:
        if time.monotonic() - self._database_seen_at > DATABASE_LOST_SECONDS:
            log.critical("no database for too long, leaving", seconds=DATABASE_LOST_SECONDS)
            os._exit(LEAVE_EXIT_STATUS)
