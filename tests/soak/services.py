"""Gives tests of the soak's parts a service without processes."""

import os
from pathlib import Path

from tests.soak.stacks import Stack
from webapp.database.migrations import upgrade
from webapp.processes.home import environment_of, prepare_home
from webapp.runtime import Runtime
from webapp.settings import load_settings


def runtime_of(folder: Path) -> Runtime:
    """Return the runtime of a home below a folder, on SQLite, without a broker."""
    home = prepare_home(folder / "home")
    given = {"PATH": os.environ["PATH"], "CAMELYON_REDIS_URL": "redis://127.0.0.1:1/0"}
    return Runtime(load_settings(environment_of(home, given)))


def stack_of(folder: Path, processes: dict[str, int]) -> Stack:
    """Return a migrated service whose programs are these processes."""
    runtime = runtime_of(folder)
    upgrade(runtime.settings.database_address)
    home = prepare_home(folder / "home")
    url = "http://127.0.0.1:1"
    return Stack("S", url, home, runtime, tuple(processes), processes.get, None)
