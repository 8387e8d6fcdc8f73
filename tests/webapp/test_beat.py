from pathlib import Path

import pytest

from tests.webapp.conftest import Database
from webapp.beat import SweepingScheduler, sweep_and_hint
from webapp.embedded import free_port
from webapp.runtime import Runtime
from webapp.services.liveness import pulses
from webapp.settings import load_settings


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
        found = [(pulse.name, pulse.role) for pulse in pulses(session)]
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
