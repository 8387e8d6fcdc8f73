"""Runs the embedded broker for a test."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.processes import embedded
from webapp.processes.home import Home, prepare_home
from webapp.processes.programs import BROKER, Program, with_own_packages


@contextmanager
def broker(home: Home, command: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a broker below this process."""
    program = Program(BROKER, command, lock=embedded.broker_lock(home))
    process = subprocess.Popen(
        program.launch_command(os.getpid()),
        env=with_own_packages(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def running_broker(folder: Path) -> Iterator[str]:
    """Run a broker in a folder, and return its address when it answers."""
    home = prepare_home(folder)
    with broker(home, tuple(embedded.prepare_broker(home))):
        assert embedded.wait_until_ready(home)
        yield home.broker_url.read_text(encoding="utf-8").strip()
