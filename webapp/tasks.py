"""Defines the Celery tasks (an id in, one service called) and sends hints to them."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from celery.exceptions import OperationalError

from webapp.queueing import CHECK_TASK, EVALUATE_TASK, RANK_TASK, VALIDATE_TASK, Queue
from webapp.runtime import Runtime
from webapp.services.work.execution import run
from webapp.services.work.queue import WorkItem, WorkKind, mark_hinted

UNREACHABLE_SECONDS = 5.0
"""After a failure the broker is not tried again for this long."""

TASK_NAMES = {
    WorkKind.CHECK: CHECK_TASK,
    WorkKind.VALIDATE: VALIDATE_TASK,
    WorkKind.EVALUATE: EVALUATE_TASK,
    WorkKind.RANK: RANK_TASK,
}

log = structlog.stdlib.get_logger(__name__)


def enqueue(celery: Queue, items: Iterable[WorkItem]) -> tuple[WorkItem, ...]:
    """Send hints about committed work; never raise, and never take more than a second.

    Call it after the commit. A hint that cannot be sent only costs time: workers look for work on
    their own and the sweeper sends hints again. Return the items whose hint was sent.
    """
    sent: list[WorkItem] = []
    for item in items:
        if time.monotonic() < celery.unreachable_until:
            break
        try:
            _send(celery, item)
        except (OperationalError, OSError) as error:
            celery.unreachable_until = time.monotonic() + UNREACHABLE_SECONDS
            log.warning("hint not sent", item=item.id, kind=item.kind, error=type(error).__name__)
        else:
            sent.append(item)
    return tuple(sent)


def register(celery: Queue, runtime_of: Callable[[], Runtime], worker: str) -> None:
    """Give a worker's application its tasks.

    Parameters
    ----------
    runtime_of : callable
        Returns the runtime of the process in which the task runs, never one made before a fork.
    worker : str
        This worker's name in events.
    """

    def make(kind: WorkKind) -> Callable[[Any], None]:
        def task(row: Any) -> None:
            """Do the work of a row, if it is still waiting; safe to deliver twice."""
            if isinstance(row, int) and not isinstance(row, bool):
                perform(runtime_of(), WorkItem(kind, row), worker)

        task.__name__ = kind.value
        return task

    for kind, name in TASK_NAMES.items():
        celery.task(name=name)(make(kind))


def perform(runtime: Runtime, item: WorkItem, worker: str) -> tuple[WorkItem, ...]:
    """Claim and do one item, then send hints about what follows; return items without a hint."""
    with structlog.contextvars.bound_contextvars(kind=item.kind.value, item=item.id):
        outcome = run(
            runtime.sessions, runtime.storage, runtime.load_truth, item, runtime.policy(worker)
        )
    follow_up = () if outcome is None else outcome.follow_up
    sent = enqueue(runtime.celery, follow_up)
    with runtime.session() as session:
        mark_hinted(session, sent)
    return tuple(one for one in follow_up if one not in sent)


def _send(celery: Queue, item: WorkItem) -> None:
    celery.send_task(TASK_NAMES[item.kind], args=[item.id], ignore_result=True, retry=False)
