import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from webapp.database.migrations import upgrade
from webapp.processes.embedded import free_port
from webapp.processes.polling import DATABASE_LOST_EXIT_STATUS, Poller
from webapp.processes.programs import with_own_packages
from webapp.runtime import Runtime
from webapp.services.records.liveness import HeartbeatView, list_heartbeats
from webapp.settings import Settings, load_settings

BLIND = """
import sys, time
from webapp.processes import polling
from webapp.settings import load_settings
polling.DATABASE_LOST_SECONDS = 0.5
polling.Poller(load_settings(), "blind", lambda: True).start()
time.sleep(30)
"""


def environment(folder: Path, database_url: str) -> dict[str, str]:
    return {
        "CAMELYON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "CAMELYON_DATABASE_URL": database_url,
        "CAMELYON_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "CAMELYON_BLOB_DIR": str(folder / "blobs"),
        "CAMELYON_POLL_SECONDS": "0.1",
    }


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    url = f"sqlite:///{tmp_path}/camelyon.sqlite3"
    upgrade(url)
    return load_settings(environment(tmp_path, url))


def seen(settings: Settings) -> list[HeartbeatView]:
    """Wait for the first heartbeat."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with Runtime(settings).reading() as session:
            found = list_heartbeats(session)
        if found:
            return found
        time.sleep(0.05)
    return []


def test_a_poll_leaves_a_heartbeat_while_the_broker_is_away(settings: Settings) -> None:
    poller = Poller(settings, "worker@here", lambda: True)

    poller.start()
    found = seen(settings)
    poller.stop()

    assert [(pulse.name, pulse.role) for pulse in found] == [("worker@here", "worker")]
    assert found[0].age_seconds < 30


@pytest.mark.processes
def test_a_worker_that_cannot_see_the_database_makes_place_for_a_fresh_one(
    tmp_path: Path,
) -> None:
    nowhere = f"sqlite:///{tmp_path}/missing/camelyon.sqlite3"
    done = subprocess.run(
        [sys.executable, "-c", BLIND],
        env=with_own_packages({"PATH": os.environ["PATH"], **environment(tmp_path, nowhere)}),
        capture_output=True,
        text=True,
        timeout=25,
        check=False,
    )

    assert done.returncode == DATABASE_LOST_EXIT_STATUS
    assert "no database for too long" in done.stdout + done.stderr
