import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

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
