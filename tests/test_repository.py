"""What the repository promises about itself: locks, first lines, size of files."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PACKAGES = ("ground_truth", "evaluator", "webapp")


def _modules() -> list[Path]:
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_a_hash_for_every_package_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")

    pinned = re.findall(r"^[a-z0-9][^\s#]*==", text, flags=re.MULTILINE)
    hashed = re.findall(r"^[a-z0-9][^\n]*\\\n    --hash=sha256:", text, flags=re.MULTILINE)
    assert len(pinned) == len(hashed) > 50
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_the_lock_covers_every_dependency_and_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += extra
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    names = {re.split(r"[\[<>=]", requirement)[0] for requirement in wanted}

    assert {name for name in names if f"\n{name}==" not in f"\n{text}"} == set()


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_does_in_its_first_line_and_stays_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert ast.get_docstring(ast.parse(text)), "no module docstring"
    assert text.count("\n") <= 300


def test_no_tracked_file_is_large_enough_to_be_a_slide() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    tracked = [ROOT / name for name in listing.stdout.split("\0") if name]

    large = {str(path) for path in tracked if path.is_file() and path.stat().st_size > 500_000}

    assert large == set()
