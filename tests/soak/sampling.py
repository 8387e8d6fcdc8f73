"""Looks at queue, waiting rows and workers' heartbeats every second."""

import threading
import time
from contextlib import suppress

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tests.soak.stacks import Stack
from webapp.database.engine import read_clock
from webapp.database.models import (
    Evaluation,
    EvaluationState,
    Heartbeat,
    Submission,
    SubmissionState,
)
from webapp.services.operations.invariants import violations

PROGRESS_SECONDS = 60.0
"""A worker's child that has not been heard of for this long hangs."""

SLOT_ROLE = "slot"
QUEUE = "camelyon"
"""The name of the Celery queue, which is the key of its list."""

_UNDER_WAY = (SubmissionState.RECEIVED, SubmissionState.VALIDATING)
_UNSCORED = (EvaluationState.QUEUED, EvaluationState.RUNNING)


class Sampler(threading.Thread):
    """Samples until it is stopped.

    Attributes
    ----------
    longest_queue, last_queue : int
        Messages in the broker, those that a worker holds unacknowledged included.
    pushes : int
        Messages pushed into the broker; what a restart of the broker took between two samples is
        missing.
    waiting : int
        Rows that are not final, at the last look.
    has_stale_commit : bool
        Whether a commit by a claim that was lost has been seen.
    silent_slots : dict of str to float
        Children that had not been heard of for too long, and for how many seconds.
    """

    def __init__(self, stack: Stack, *, looks_for_stale_commits: bool) -> None:
        super().__init__(name="sampler", daemon=True)
        self._looks_for_stale_commits = looks_for_stale_commits
        self.longest_queue = 0
        self.last_queue = 0
        self.pushes = 0
        self.waiting = 0
        self.most_waiting = 0
        self.silent_slots: dict[str, float] = {}
        self.has_slot_rows = False
        self.has_stale_commit = False
        self._stack = stack
        self._last_pushes = 0
        self._stopping = threading.Event()
        self._broker = redis.Redis.from_url(
            stack.broker_url,
            socket_connect_timeout=1,
            socket_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )

    def run(self) -> None:
        """Sample."""
        while not self._stopping.wait(1.0):
            with suppress(redis.RedisError, OSError):
                self._look_at_the_queue()
            with suppress(SQLAlchemyError), self._stack.runtime.reading() as session:
                self._look_at_the_rows(session)

    def stop(self) -> None:
        """Stop."""
        self._stopping.set()
        self.join()
        self._broker.close()

    def _look_at_the_queue(self) -> None:
        waiting = int(str(self._broker.llen(QUEUE)))
        held = int(str(self._broker.hlen("unacked")))
        self.last_queue = waiting + held
        self.longest_queue = max(self.longest_queue, self.last_queue)
        found: dict[str, dict[str, int]] = dict(self._broker.info("commandstats"))
        pushes = int(found.get("cmdstat_lpush", {}).get("calls", 0))
        self.pushes += pushes - self._last_pushes if pushes >= self._last_pushes else pushes
        self._last_pushes = pushes

    def _look_at_the_rows(self, session: Session) -> None:
        self.waiting = count_waiting(session)
        self.most_waiting = max(self.most_waiting, self.waiting)
        self.has_slot_rows |= bool(
            session.scalar(select(func.count()).where(Heartbeat.role == SLOT_ROLE))
        )
        if self._looks_for_stale_commits:
            self.has_stale_commit |= violations(session, self._stack.runtime.storage)["I9"] > 0
        for name, seconds in silent_slots(session).items():
            self.silent_slots[name] = max(self.silent_slots.get(name, 0.0), seconds)


def count_waiting(session: Session) -> int:
    """Count the rows that a worker has still to finish."""
    submissions = select(func.count()).where(Submission.state.in_(_UNDER_WAY))
    evaluations = (
        select(func.count(Evaluation.id))
        .join(Submission, Submission.id == Evaluation.submission_id)
        .where(Evaluation.state.in_(_UNSCORED), Submission.state == SubmissionState.ACCEPTED)
    )
    return session.scalars(submissions).one() + session.scalars(evaluations).one()


def silent_slots(session: Session) -> dict[str, float]:
    """Return the slots without progress for too long whose worker is alive, with the seconds.

    A slot's row is named ``slot-N.WORKER``; the rows of a worker that is gone stay behind.
    """
    now = read_clock(session)
    ages = {
        (row.role, row.name): (now - row.seen_at).total_seconds()
        for row in session.scalars(select(Heartbeat))
    }
    alive = {
        name for (role, name), age in ages.items() if role == "worker" and age < PROGRESS_SECONDS
    }
    return {
        name: age
        for (role, name), age in ages.items()
        if role == SLOT_ROLE and age > PROGRESS_SECONDS and name.partition(".")[2] in alive
    }


def wait_until_nothing_waits(stack: Stack, seconds: float) -> float | None:
    """Wait until every row is final; return how long that took, None if it did not come about."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with suppress(SQLAlchemyError), stack.runtime.reading() as session:
            if count_waiting(session) == 0:
                return time.monotonic() - began
        time.sleep(0.25)
    return None
