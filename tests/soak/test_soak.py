"""Checks that the service survives a short soak, and that the soak notices a missing guard."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]


def soak(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Soak the smaller stack."""
    command = [sys.executable, "-m", "tests.soak", "--stack", "S", "--folder", str(folder)]
    return subprocess.run(
        [*command, *options],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_short_soak_finds_nothing_lost_doubled_stuck_or_wrong(tmp_path: Path) -> None:
    done = soak(tmp_path, "--seconds", "25", "--seed", "20261129", "--faults", "CI")

    assert done.returncode == 0, done.stdout + done.stderr


def test_without_the_fence_the_soak_finds_a_late_commit(tmp_path: Path) -> None:
    done = soak(tmp_path, "--seconds", "150", "--seed", "20261129", "--without-fence")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "    I9: " in done.stdout
