from pathlib import Path

import pytest
import redis

from tests.webapp.brokers import broker
from tests.webapp.conftest import Database
from tests.webapp.world import make_world, stages_csv
from webapp.processes import embedded
from webapp.processes.beat import SweepingScheduler, sweep_and_hint
from webapp.processes.embedded import free_port
from webapp.processes.home import prepare_home
from webapp.runtime import Runtime
from webapp.services.records.liveness import list_heartbeats
from webapp.services.records.slots import SlotPulse, record_slots
from webapp.settings import load_settings

WAITING = (SlotPulse(1, 0.0, None), SlotPulse(2, 0.0, None))


def environment(folder: Path, database_url: str) -> dict[str, str]:
    return {
        "CAMELYON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "CAMELYON_DATABASE_URL": database_url,
        "CAMELYON_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "CAMELYON_BLOB_DIR": str(folder / "blobs"),
        "CAMELYON_SWEEP_SECONDS": "7",
    }


def test_sweeping_needs_no_broker_and_leaves_a_heartbeat(
    database: Database, tmp_path: Path
) -> None:
    runtime = Runtime(load_settings(environment(tmp_path, database.url)))

    sweep_and_hint(runtime)

    with runtime.reading() as session:
        found = [(pulse.name, pulse.role) for pulse in list_heartbeats(session)]
    runtime.engine.dispose()
    assert found == [("beat", "beat")]


def test_a_tick_survives_the_absence_of_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = f"sqlite:///{tmp_path}/missing/camelyon.sqlite3"
    for name, text in environment(tmp_path, nowhere).items():
        monkeypatch.setenv(name, text)
    runtime = Runtime(load_settings())
    scheduler = SweepingScheduler(runtime.celery)

    pause_seconds = scheduler.tick()

    assert 0 < pause_seconds <= 7


def test_the_scheduler_has_no_entries_and_so_sends_nothing_by_schedule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in environment(tmp_path, "sqlite:///nowhere").items():
        monkeypatch.setenv(name, text)
    scheduler = SweepingScheduler(Runtime(load_settings()).celery)

    assert scheduler.schedule == {}


@pytest.mark.processes
def test_one_hint_is_sent_for_each_slot_that_waits_however_often_it_is_swept(
    database: Database, tmp_path: Path
) -> None:
    world = make_world(database, tmp_path)
    member = world.member()
    for _ in range(3):
        world.submit(member, stages_csv())
    home = prepare_home(tmp_path / "home")
    command = tuple(embedded.prepare_broker(home))
    url = home.broker_url.read_text().strip()
    variables = {**environment(tmp_path, database.url), "CAMELYON_REDIS_URL": url}
    with broker(home, command):
        assert embedded.wait_until_ready(home)
        runtime = Runtime(load_settings(variables))

        for _ in range(3):
            with runtime.session() as session:
                record_slots(session, "worker-1@here", WAITING)
            sweep_and_hint(runtime)

        runtime.engine.dispose()
        runtime.celery.close()
        with redis.Redis.from_url(url) as client:
            assert client.llen("camelyon") == 2
