"""Reads the age of every process's heartbeat, on the database's clock."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database.engine import database_now
from webapp.database.models import Heartbeat


@dataclass(frozen=True, slots=True)
class HeartbeatView:
    """A process's last heartbeat, by its age."""

    name: str
    role: str
    age_seconds: float


def list_heartbeats(session: Session) -> list[HeartbeatView]:
    """Return the last heartbeat of every process ever seen, the latest first."""
    rows = session.execute(
        select(Heartbeat.name, Heartbeat.role, Heartbeat.seen_at, database_now())
    )
    found = [
        HeartbeatView(name, role, (now - seen_at).total_seconds())
        for name, role, seen_at, now in rows
    ]
    return sorted(found, key=lambda heartbeat: heartbeat.age_seconds)


def is_work_done(heartbeats: Iterable[HeartbeatView], alive_seconds: float) -> bool:
    """Judge by heartbeats whether somebody does the queue's work.

    A worker's heartbeat is as old as the last step of the slot that went on last, so workers whose
    slots all hang do nothing here, although their processes live.
    """
    return any(
        heartbeat.role == "worker" and heartbeat.age_seconds <= alive_seconds
        for heartbeat in heartbeats
    )
