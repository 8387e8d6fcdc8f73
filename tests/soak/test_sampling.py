from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.soak.sampling import count_waiting, silent_slots
from tests.soak.services import stack_of
from webapp.database.engine import database_now
from webapp.database.models import Heartbeat


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    runtime = stack_of(tmp_path, {}).runtime
    with runtime.session() as found:
        yield found
    runtime.engine.dispose()


def beat(session: Session, name: str, role: str, age_seconds: float) -> None:
    session.add(Heartbeat(name=name, role=role, seen_at=database_now(-age_seconds)))
    session.commit()


def test_a_slot_without_progress_is_found_while_its_worker_lives(session: Session) -> None:
    beat(session, "worker-1@here", "worker", 5.0)
    beat(session, "slot-1.worker-1@here", "slot", 59.0)
    beat(session, "slot-2.worker-1@here", "slot", 90.0)

    assert silent_slots(session) == {"slot-2.worker-1@here": pytest.approx(90.0, abs=20.0)}


def test_the_slots_of_a_worker_that_is_gone_are_left_out(session: Session) -> None:
    beat(session, "worker-1@here", "worker", 100.0)
    beat(session, "worker-2@here", "worker", 5.0)
    beat(session, "slot-1.worker-1@here", "slot", 100.0)

    assert silent_slots(session) == {}


def test_an_empty_service_waits_for_nothing(session: Session) -> None:
    assert count_waiting(session) == 0
