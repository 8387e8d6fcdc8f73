"""Tells ``camelyon doctor`` whether work is done: by slots that go on, and rows that move."""

from collections.abc import Iterator

from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from webapp.queueing import QUEUE_NAME, Queue
from webapp.services.operations.invariants import QUEUE_TARGET_SECONDS
from webapp.services.operations.queue_rows import QueueRow, list_rows
from webapp.services.records.slots import SlotView, list_slots

Finding = tuple[bool, str]


def slot_findings(session: Session, host: str | None = None) -> Iterator[Finding]:
    """Yield a finding a slot, of one machine's workers or of all; a slot that hangs is bad."""
    for slot in list_slots(session):
        if host is None or slot.name.endswith(f"@{host}"):
            yield not slot.is_stuck, _words(slot)


def queue_findings(session: Session, queue: Queue) -> Iterator[Finding]:
    """Yield what waits: in the database, in the broker, and what was given up."""
    rows = list_rows(session)
    waiting = [row for row in rows if row.state in {"complete", "received", "queued"}]
    oldest_seconds = max((row.age_seconds for row in waiting), default=0.0)
    words = f"{len(waiting)} waiting, the oldest for {oldest_seconds:.0f} s"
    yield oldest_seconds <= QUEUE_TARGET_SECONDS, words
    yield True, _broker_words(queue)
    yield from _quarantined(rows)


def _quarantined(rows: list[QueueRow]) -> Iterator[Finding]:
    number = sum(row.state == "quarantined" for row in rows)
    if number:
        yield True, f"{number} quarantined: see `camelyon work list --quarantined`"


def _words(slot: SlotView) -> str:
    name = slot.name
    if slot.is_stuck:
        return f"slot {name}: hangs, its work last went on {slot.idle_seconds:.0f} s ago"
    if slot.working_seconds is None:
        return f"slot {name}: waits"
    return f"slot {name}: works, for {slot.working_seconds:.0f} s"


def _broker_words(queue: Queue) -> str:
    try:
        return f"{queue.broker.llen(QUEUE_NAME)} hints in the broker"
    except RedisError as error:
        return f"hints in the broker: unknown ({type(error).__name__})"
