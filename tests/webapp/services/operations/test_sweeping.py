import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

from tests.webapp.world import HASTY, POLICY, Member, World, stages_csv
from webapp.database.engine import read_clock
from webapp.services.operations.sweeping import SweepReport, expire_uploads, heartbeat, sweep
from webapp.services.people.accounts import start_session
from webapp.services.submissions.uploads import receive
from webapp.services.work.queue import claim

TWO_DAYS_SECONDS = 172_800


def swept(world: World) -> SweepReport:
    return sweep(world.sessions, world.storage, POLICY)


def send(world: World, member: Member) -> None:
    with world.sessions() as session:
        receive(
            session,
            world.storage,
            user_id=member.user_id,
            phase_slug="stages",
            filename="f",
            chunks=[stages_csv()],
            expected_bytes=None,
            max_bytes=1000,
            arrived_at=read_clock(session),
        )


def age_uploads(world: World) -> None:
    world.execute("UPDATE upload SET created_at = '2020-01-01 00:00:00.000000'")


def age_blobs(world: World) -> None:
    then = time.time() - TWO_DAYS_SECONDS
    for path in world.storage.root.glob("??/*"):
        os.utime(path, (then, then))


def test_an_idle_service_gives_a_sweep_nothing_to_do(world: World) -> None:
    report = swept(world)

    assert report == SweepReport(held_lock=True, violations=report.violations)
    assert set(report.violations.values()) == {0}
    assert list(report.violations) == ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I11"]


def test_an_expired_lease_is_put_back_once(world: World) -> None:
    world.submit(world.member(), stages_csv())
    (item,) = world.waiting()
    with world.sessions() as session:
        claim(session, item, HASTY)
    time.sleep(0.25)

    assert swept(world).requeued == (item,)
    assert swept(world).requeued == ()
    world.work()
    assert world.violations() == {}


def test_the_third_lost_lease_is_quarantined_by_the_sweeper(world: World) -> None:
    world.submit(world.member(), stages_csv())
    (item,) = world.waiting()
    for _ in range(2):
        with world.sessions() as session:
            claim(session, item, HASTY)
        time.sleep(0.25)
        assert swept(world).requeued == (item,)
    with world.sessions() as session:
        claim(session, item, HASTY)
    time.sleep(0.25)

    report = swept(world)

    assert (report.requeued, report.quarantined) == ((), (item,))
    assert world.violations() == {}


def test_without_recovery_the_sweeper_puts_nothing_back(world: World) -> None:
    world.submit(world.member(), stages_csv())
    (item,) = world.waiting()
    policy = replace(HASTY, recovers_expired=False)
    with world.sessions() as session:
        claim(session, item, policy)
    time.sleep(0.25)

    assert sweep(world.sessions, world.storage, policy).requeued == ()


def test_two_sweepers_do_not_sweep_at_once(world: World) -> None:
    world.submit(world.member(), stages_csv())
    (item,) = world.waiting()
    with world.sessions() as session:
        claim(session, item, HASTY)
    time.sleep(0.25)
    start = Barrier(8)

    def sweep_now(_: int) -> SweepReport:
        start.wait()
        return swept(world)

    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(sweep_now, range(8)))

    requeued = [one for report in reports for one in report.requeued]
    assert requeued == [item]
    assert world.violations() == {}


def test_the_lock_of_a_sweeper_that_died_runs_out(world: World) -> None:
    swept(world)
    future = "'2100-01-01 00:00:00.000000'"
    world.execute(f"UPDATE sweep_lock SET holder = 'dead', lease_expires_at = {future}")  # noqa: S608 - a literal
    assert not swept(world).held_lock

    world.execute("UPDATE sweep_lock SET lease_expires_at = '2020-01-01 00:00:00.000000'")
    assert swept(world).held_lock


def test_sessions_that_ended_a_month_ago_are_forgotten(world: World) -> None:
    member = world.member()
    with world.sessions() as session:
        for _ in range(3):
            start_session(session, member.user_id)
    world.execute("UPDATE web_session SET expires_at = '2020-01-01 00:00:00.000000' WHERE id = 1")
    world.execute("UPDATE web_session SET revoked_at = '2020-01-01 00:00:00.000000' WHERE id = 2")

    swept(world)

    assert world.execute("SELECT id FROM web_session") == [(3,)]


def test_an_unconfirmed_upload_expires_after_a_day_and_its_blob_goes(world: World) -> None:
    send(world, world.member())
    world.work()
    assert swept(world).expired_uploads == 0
    age_uploads(world)
    age_blobs(world)

    report = swept(world)

    assert (report.expired_uploads, report.deleted_blobs) == (1, 1)
    assert list(world.storage.list_blobs()) == []
    assert swept(world).expired_uploads == 0


def test_a_confirmed_upload_and_its_blob_stay(world: World) -> None:
    member = world.member()
    send(world, member)
    world.submit(member, stages_csv())
    world.execute("UPDATE submission SET upload_id = 1")
    age_uploads(world)
    age_blobs(world)

    with world.sessions() as session:
        assert expire_uploads(session) == 0
    assert swept(world).deleted_blobs == 0
    assert len(list(world.storage.list_blobs())) == 1


def test_a_heartbeat_is_one_row_a_process(world: World) -> None:
    for _ in range(2):
        with world.sessions() as session:
            heartbeat(session, "worker-1", "worker")

    assert world.execute("SELECT name, role FROM heartbeat") == [("worker-1", "worker")]
