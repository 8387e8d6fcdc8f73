import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.processes.programs import with_own_packages

pytestmark = pytest.mark.processes

DESCRIBE = """
import json
from webapp.worker.app import app
worker = app.Worker(concurrency=1)
print(json.dumps({
    "consumer": [
        step.name
        for step in worker.consumer.blueprint.order
        if step.include_if(worker.consumer)
    ],
    "worker": [step.name for step in worker.blueprint.order],
    "tasks": sorted(name for name in app.tasks if name.startswith("camelyon.")),
    "consumer_class": type(worker.consumer).__module__,
    "transport": app.conf.broker_transport,
    "pool": worker.pool_cls.__module__,
}))
"""


def built(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Build the worker as the command line does, in a process of its own, and describe it."""
    environment = {
        "PATH": os.environ["PATH"],
        "CAMELYON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "CAMELYON_DATABASE_URL": f"sqlite:///{folder}/camelyon.sqlite3",
        "CAMELYON_REDIS_URL": "redis://127.0.0.1:1/0",
        "CAMELYON_BLOB_DIR": str(folder),
        **more,
    }
    return subprocess.run(
        [sys.executable, "-c", DESCRIBE],
        env=with_own_packages(environment),
        capture_output=True,
        text=True,
        check=False,
    )


def described(folder: Path) -> dict[str, list[object] | str]:
    """Return the description of a worker with plain settings."""
    done = built(folder)
    done.check_returncode()
    described: dict[str, list[object] | str] = json.loads(done.stdout.splitlines()[-1])
    return described


def test_the_worker_is_built_so_that_an_outage_of_the_broker_cannot_end_it(
    tmp_path: Path,
) -> None:
    worker = described(tmp_path)

    steps = {str(name).rpartition(".")[2] for name in worker["consumer"]}
    assert steps == {"Connection", "Events", "Heart", "Tasks", "Evloop"}  # no Gossip, no Mingle
    assert "webapp.worker.app.SlotStep" in worker["worker"]
    assert worker["tasks"] == ["camelyon.work"]
    assert worker["consumer_class"] == "webapp.worker.consumer"
    assert worker["transport"] == "webapp.worker.consumer:Transport"
    assert worker["pool"] == "celery.concurrency.solo"  # nothing is forked


def test_a_worker_does_not_start_below_the_confinement_that_is_asked_for(tmp_path: Path) -> None:
    no_programs = tmp_path / "empty"  # so that the decoder cannot be put into namespaces
    no_programs.mkdir()

    done = built(tmp_path, PATH=str(no_programs), CAMELYON_MINIMUM_CONFINEMENT="isolated")

    assert done.returncode == 1
    assert "CAMELYON_MINIMUM_CONFINEMENT asks for isolated" in done.stderr
