from tests.webapp.conftest import Database
from tests.webapp.world import World
from webapp.services.records.liveness import list_heartbeats
from webapp.services.records.slots import (
    SlotPulse,
    count_waiting_slots,
    forget_gone_processes,
    forget_worker,
    list_slots,
    record_slots,
)


def test_slots_are_recorded_by_when_their_work_last_went_on(database: Database) -> None:
    with database.sessions() as session:
        record_slots(session, "worker-1@here", [SlotPulse(1, 1.0, None), SlotPulse(2, 30.0, 40.0)])

        waiting, working = list_slots(session)

    assert (waiting.name, working.name) == ("slot-1.worker-1@here", "slot-2.worker-1@here")
    assert 1.0 <= waiting.idle_seconds < 15.0
    assert waiting.working_seconds is None
    assert not waiting.is_stuck
    assert 30.0 <= working.idle_seconds < 45.0
    assert working.working_seconds is not None
    assert 40.0 <= working.working_seconds < 55.0
    assert working.is_stuck


def test_a_worker_lives_as_long_as_the_work_of_one_slot_goes_on(database: Database) -> None:
    with database.sessions() as session:
        record_slots(session, "w", [SlotPulse(1, 500.0, 900.0), SlotPulse(2, 300.0, 400.0)])

        (worker,) = [one for one in list_heartbeats(session) if one.role == "worker"]

    assert 300.0 <= worker.age_seconds < 320.0


def test_only_slots_that_wait_and_are_heard_of_are_counted(database: Database) -> None:
    with database.sessions() as session:
        record_slots(
            session,
            "w",
            [
                SlotPulse(1, 0.5, None),
                SlotPulse(2, 0.5, 3.0),
                SlotPulse(3, 60.0, None),
                SlotPulse(4, 0.5, None),
            ],
        )

        assert count_waiting_slots(session) == 2


def test_a_worker_forgets_its_own_records_and_no_others(database: Database) -> None:
    with database.sessions() as session:
        record_slots(session, "worker-1@a", [SlotPulse(1, 0.0, None)])
        record_slots(session, "worker-11@a", [SlotPulse(1, 0.0, None)])

        forget_worker(session, "worker-1@a")

        assert [one.name for one in list_slots(session)] == ["slot-1.worker-11@a"]
        assert [one.name for one in list_heartbeats(session) if one.role == "worker"] == [
            "worker-11@a"
        ]


def test_processes_that_are_long_gone_are_forgotten(world: World) -> None:
    with world.sessions() as session:
        record_slots(session, "old", [SlotPulse(1, 90_000.0, None)])
        record_slots(session, "new", [SlotPulse(1, 0.0, None)])

        forget_gone_processes(session)

        assert {one.name for one in list_heartbeats(session)} == {"new", "slot-1.new"}
