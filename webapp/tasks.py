"""Defines the one Celery task, which says that there is work, and sends it where it is needed.

A hint names no row: a waiting slot that hears one asks the database whose turn it is. At most one
hint is in the queue for each slot that waits, however many rows wait.
"""

import threading
import time
from collections.abc import Callable

import structlog
from celery.exceptions import OperationalError
from redis.exceptions import LockError, RedisError
from sqlalchemy.exc import SQLAlchemyError

from webapp.queueing import QUEUE_NAME, WORK_TASK, Queue
from webapp.runtime import Runtime
from webapp.services.work.backlog import hints_needed

UNREACHABLE_SECONDS = 5.0
"""After a failure the broker is not tried again for this long."""

_LOCK = "camelyon.announcing"
_LOCK_SECONDS = 2.0
_LOCK_WAIT_SECONDS = 0.2

log = structlog.stdlib.get_logger(__name__)


def announce(runtime: Runtime) -> int:
    """Send the hints that are missing about committed work; return how many.

    Raises nothing and takes at most about a second. A hint that cannot be sent only costs time:
    slots look for work on their own.
    """
    queue = runtime.celery
    if time.monotonic() < queue.unreachable_until:
        return 0
    try:
        with runtime.reading() as session:
            number = hints_needed(session)
        return _send_missing(queue, number) if number else 0
    except LockError:
        return 0  # another process is announcing at this moment
    except (OperationalError, RedisError, OSError) as error:
        queue.unreachable_until = time.monotonic() + UNREACHABLE_SECONDS
        log.warning("hint not sent", error=type(error).__name__)
    except SQLAlchemyError as error:
        log.warning("hint not sent: the database does not answer", error=type(error).__name__)
    return 0


def register(celery: Queue, wake: Callable[[], None]) -> None:
    """Give a worker's application its task, which wakes a waiting slot."""

    @celery.task(name=WORK_TASK)
    def work() -> None:
        """Wake a slot; safe to deliver twice, late, or not at all."""
        wake()


class Announcer:
    """Announces work in a thread of its own, so that no request ever waits for the broker.

    The thread starts with the first announcement: a process that forks before has none.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._is_wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._is_stopping = False

    def announce_soon(self) -> None:
        """Have the thread announce; many calls at once are answered by one."""
        self._is_wanted.set()
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="announce", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread, if it has ever started."""
        self._is_stopping = True
        self._is_wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        while not self._is_stopping:
            self._is_wanted.wait()
            self._is_wanted.clear()
            if not self._is_stopping:
                announce(self._runtime)


def _send_missing(queue: Queue, number: int) -> int:
    """Send as many hints as there are fewer than this number in the queue."""
    lock = queue.broker.lock(_LOCK, timeout=_LOCK_SECONDS, blocking_timeout=_LOCK_WAIT_SECONDS)
    with lock:
        missing = max(0, number - int(queue.broker.llen(QUEUE_NAME)))
        for _ in range(missing):
            queue.send_task(WORK_TASK, ignore_result=True, retry=False)
    return missing
