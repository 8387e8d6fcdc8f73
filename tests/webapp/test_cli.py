import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.builders import camelyon17_stages
from webapp.cli import COMMANDS, app

SLOW = ("numpy", "scipy", "pandas", "sklearn", "tifffile", "pydantic")
FRAMEWORKS = ("flask", "celery", "kombu", "redis", "sqlalchemy", "alembic", "werkzeug")


def camelyon(*arguments: str, code: str = "from webapp.cli import main; main()") -> str:
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def test_help_names_every_command() -> None:
    shown = CliRunner().invoke(app, ["--help"])

    assert shown.exit_code == 0
    assert all(f"  {name} " in shown.stdout for name in COMMANDS)


def test_an_unknown_command_is_wrong_usage() -> None:
    shown = CliRunner().invoke(app, ["evaluate"])

    assert shown.exit_code == 2
    assert "No such command 'evaluate'" in shown.stderr


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "demo"])
def test_every_command_of_the_table_exists(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"])

    assert shown.exit_code == 0
    assert f"Usage: camelyon {name}" in shown.stdout


def test_help_imports_no_command_and_no_library_that_takes_time() -> None:
    own = "('evaluator', 'ground_truth', 'webapp')"
    code = (
        "import sys\n"
        "from webapp.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"own = sorted(name for name in sys.modules if name.split('.')[0] in {own})\n"
        f"slow = [name for name in {SLOW + FRAMEWORKS} if name in sys.modules]\n"
        "print('imported', own, slow)\n"
    )

    shown = camelyon("--help", code=code)

    assert shown.endswith("imported ['webapp', 'webapp.cli'] []\n")


@pytest.mark.parametrize("command", [["truth"], ["validate"], ["score"]])
def test_offline_commands_import_no_framework(command: list[str]) -> None:
    code = (
        "import sys\n"
        "from webapp.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('imported', [name for name in {FRAMEWORKS} if name in sys.modules])\n"
    )

    shown = camelyon(*command, "--help", code=code)

    assert shown.endswith("imported []\n")


def test_a_missing_setting_is_told_in_words_with_exit_code_1() -> None:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("CAMELYON_")}
    command = [sys.executable, "-c", "from webapp.cli import main; main()", "team", "list"]

    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean)

    assert done.returncode == 1
    assert "CAMELYON_DATABASE_URL: Field required" in done.stderr
    assert "Traceback" not in done.stderr


def run_with_common_umask(*arguments: str, **environment: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "webapp.cli", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        umask=0o022,
        check=True,
        capture_output=True,
    )


def test_what_the_services_own_commands_write_is_their_users_alone(tmp_path: Path) -> None:
    run_with_common_umask(
        "db",
        "upgrade",
        CAMELYON_SECRET_KEY="0123456789abcdef0123456789abcdef",
        CAMELYON_DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}",
        CAMELYON_REDIS_URL="redis://127.0.0.1:1/0",
        CAMELYON_BLOB_DIR=str(tmp_path / "blobs"),
    )

    assert stat.S_IMODE((tmp_path / "new.sqlite3").stat().st_mode) == 0o600


def test_what_offline_commands_write_has_the_modes_that_their_caller_wants(tmp_path: Path) -> None:
    table = camelyon17_stages(tmp_path / "data")

    run_with_common_umask(
        *("truth", "build", "--layout", "camelyon17", str(table)), "--out", str(tmp_path / "truth")
    )

    files = [path for path in (tmp_path / "truth").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o644}


def test_a_command_in_this_process_leaves_its_umask_as_it_was() -> None:
    before = os.umask(0o022)
    try:
        CliRunner().invoke(app, ["db", "--help"])
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
