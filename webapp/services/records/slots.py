"""Records how far every slot of every worker got, and reads which ones wait.

A slot is a process of a worker that does one item at a time. Its record says when its work last
went on, by the database's clock, so a slot that hangs is seen although its process lives.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from webapp.database.engine import database_now, insert_if_absent
from webapp.database.models import Heartbeat

WORKER, SLOT = "worker", "slot"
FRESH_SECONDS = 15.0
"""A slot whose last record is older is not counted on; records are written every two seconds."""

STUCK_SECONDS = 20.0
"""A slot whose work has not gone on for this long is reported as stuck; steps take about one."""

GONE_SECONDS = 120.0
"""A slot not heard of for this long belongs to a worker that is no more."""


@dataclass(frozen=True, slots=True)
class SlotPulse:
    """How a slot does at this moment.

    Attributes
    ----------
    number : int
        From 1, in its worker.
    idle_seconds : float
        Since its work last went on.
    working_seconds : float or None
        Since it began its item; None while it waits for one.
    """

    number: int
    idle_seconds: float
    working_seconds: float | None


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot's last record, by the database's clock."""

    name: str
    idle_seconds: float
    working_seconds: float | None

    @property
    def is_stuck(self) -> bool:
        """Tell whether its work should have gone on meanwhile."""
        return self.idle_seconds > STUCK_SECONDS


def record_slots(session: Session, worker: str, pulses: Sequence[SlotPulse]) -> None:
    """Write a worker's slots, and the worker as it was when the last of them went on; commit."""
    for pulse in pulses:
        since = None if pulse.working_seconds is None else database_now(-pulse.working_seconds)
        _record(session, slot_name(worker, pulse.number), SLOT, pulse.idle_seconds, since)
    _record(session, worker, WORKER, min((one.idle_seconds for one in pulses), default=0.0), None)
    session.commit()


def forget_worker(session: Session, worker: str) -> None:
    """Delete the records of a worker that stops, or that has just begun; commit."""
    is_slot = Heartbeat.name.like(f"slot-%.{worker}")
    session.execute(delete(Heartbeat).where(or_(Heartbeat.name == worker, is_slot)))
    session.commit()


def forget_gone_processes(session: Session) -> None:
    """Delete the records of processes that have not been heard of for a day; commit."""
    session.execute(delete(Heartbeat).where(Heartbeat.seen_at < database_now(-86_400.0)))
    session.commit()


def list_slots(session: Session) -> list[SlotView]:
    """Return the slots of the workers that have been heard of lately, by name."""
    now = database_now()
    rows = session.execute(
        select(Heartbeat.name, Heartbeat.seen_at, Heartbeat.working_since, now)
        .where(Heartbeat.role == SLOT, Heartbeat.seen_at > database_now(-GONE_SECONDS))
        .order_by(Heartbeat.name)
    )
    return [
        SlotView(
            name,
            (moment - seen_at).total_seconds(),
            None if since is None else (moment - since).total_seconds(),
        )
        for name, seen_at, since, moment in rows
    ]


def count_waiting_slots(session: Session) -> int:
    """Count the slots that wait for work."""
    query = select(func.count()).where(
        Heartbeat.role == SLOT,
        Heartbeat.working_since.is_(None),
        Heartbeat.seen_at > database_now(-FRESH_SECONDS),
    )
    return session.scalars(query).one()


def slot_name(worker: str, number: int) -> str:
    """Return the name of a worker's slot."""
    return f"slot-{number}.{worker}"


def _record(
    session: Session, name: str, role: str, idle_seconds: float, since: database_now | None
) -> None:
    insert_if_absent(session, Heartbeat, {"name": name, "role": role})
    session.execute(
        update(Heartbeat)
        .where(Heartbeat.name == name)
        .values(seen_at=database_now(-idle_seconds), working_since=since, role=role)
    )
