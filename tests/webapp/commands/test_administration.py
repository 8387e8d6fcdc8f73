"""Runs organisers' commands on the home of a service, in real processes."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ground_truth.versions.build import build_camelyon17
from tests.builders import camelyon17_stages
from webapp.processes.programs import with_own_packages
from webapp.services.people.tokens import PREFIX

PHASE = """
slug = "stages"
name = "Stages"
kind = "staging"
opens_at = 2026-01-01T00:00:00
closes_at = 2030-01-01T00:00:00
quota_limit = 2

[challenge]
slug = "camelyon17"
name = "CAMELYON17"
"""

PASSWORD = "a long and unusual phrase\n"


@dataclass(frozen=True)
class Shell:
    """Runs commands on one home."""

    home: Path

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "webapp.cli", *arguments, "--home", str(self.home)],
            env=with_own_packages(
                {"PATH": os.environ["PATH"], "CAMELYON_REDIS_URL": "redis://127.0.0.1:1/0"}
            ),
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )

    def said(self, *arguments: str, typed: str = "") -> str:
        done = self.run(*arguments, typed=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    from webapp.processes.home import prepare_home

    prepared = Shell(prepare_home(tmp_path / "home").root)
    prepared.said("db", "upgrade")
    return prepared


def test_people_teams_and_tokens_are_added_from_the_command_line(shell: Shell) -> None:
    added = shell.said("user", "add", "Ada@Example.org", typed=PASSWORD)
    shell.said("user", "add", "bea@example.org", typed=PASSWORD)
    public_id, code = shell.said("team", "add", "Blue", "--captain", "ada@example.org").split()
    joined = shell.said("team", "join", code, "--member", "bea@example.org")
    token = shell.said("token", "add", "ada@example.org", "--scope", "submit", "--scope", "read")

    assert added == "ada@example.org"
    assert joined == public_id
    assert shell.said("team", "list") == f"{public_id}  2  Blue"
    assert token.startswith(PREFIX)


def test_a_weak_password_is_refused_in_words_with_exit_code_1(shell: Shell) -> None:
    refused = shell.run("user", "add", "ada@example.org", typed="short\n")

    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert refused.stderr.strip() != ""


def test_a_phase_is_added_from_a_file_and_attempts_are_granted(
    shell: Shell, tmp_path: Path
) -> None:
    source = camelyon17_stages(tmp_path / "source")
    version = build_camelyon17(source, shell.home / "truth")
    file = tmp_path / "phase.toml"
    file.write_text(PHASE)
    shell.said("user", "add", "org@example.org", "--organiser", typed=PASSWORD)
    shell.said("user", "add", "ada@example.org", typed=PASSWORD)
    shell.said("team", "add", "Blue", "--captain", "ada@example.org")

    added = shell.said("phase", "add", str(file), "--truth", str(shell.home / "truth" / version))
    listed = shell.said("phase", "list")
    left = shell.said(
        *("quota", "grant", "Blue", "stages", "3"),
        *("--reason", "a fault of ours", "--by", "org@example.org"),
    )

    assert added == "stages"
    assert listed.startswith(f"stages  staging  open  {version}  ")
    assert left == "5 left"


def test_every_mistake_in_a_phase_file_is_told_at_once(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "phase.toml"
    file.write_text(PHASE.replace("staging", "stageing").replace("quota_limit", "quota_limits"))

    refused = shell.run("phase", "add", str(file))

    assert refused.returncode == 1
    assert "kind: " in refused.stderr
    assert "quota_limits: Extra inputs are not permitted" in refused.stderr
