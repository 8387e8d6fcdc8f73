import os
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from webapp.processes.home import CannotServeError, environment_of, prepare_home, write_private
from webapp.settings import load_settings


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_has_a_secret_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    home = prepare_home(tmp_path / "home")

    assert len(home.secret_key.read_text().strip()) == 64
    assert mode_of(home.secret_key) == 0o600
    assert mode_of(home.root) == 0o700


def test_preparing_a_home_again_keeps_its_secret_key(tmp_path: Path) -> None:
    first = prepare_home(tmp_path).secret_key.read_text()

    again = prepare_home(tmp_path).secret_key.read_text()

    assert again == first


def test_a_home_where_nothing_can_be_written_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(CannotServeError, match="file/home cannot be written: Not a directory"):
        prepare_home(tmp_path / "file" / "home")


def test_a_home_describes_a_whole_service(tmp_path: Path) -> None:
    home = prepare_home(tmp_path)
    write_private(home.broker_url, "redis://:secret@127.0.0.1:7000/0\n")

    settings = load_settings(environment_of(home, {}))

    assert settings.database_url == f"sqlite:///{home.database}"
    assert settings.redis_address == "redis://:secret@127.0.0.1:7000/0"
    assert settings.blob_dir == home.blobs
    assert settings.truth_dir == home.truth


def test_what_the_environment_says_wins_over_the_home(tmp_path: Path) -> None:
    home = prepare_home(tmp_path)
    given = {"CAMELYON_REDIS_URL": "redis://elsewhere/0", "CAMELYON_LEASE_SECONDS": "4"}

    settings = load_settings(environment_of(home, given))

    assert settings.redis_address == "redis://elsewhere/0"
    assert settings.lease_seconds == 4


def test_an_older_home_is_taken_from_others_and_that_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = prepare_home(tmp_path / "home")
    (home.root / "notes.txt").touch(0o644)
    for path in (home.database, home.blobs / "blob", home.truth / "table", home.logs / "web.log"):
        path.touch(0o644)
    for folder in (home.root, home.blobs, home.truth):
        folder.chmod(0o755)
    home.secret_key.chmod(0o640)

    prepare_home(home.root)

    own = [path for path in home.root.rglob("*") if path.name != "notes.txt"]
    assert [path for path in (home.root, *own) if mode_of(path) & 0o077] == []
    assert mode_of(home.root / "notes.txt") == 0o644  # it is not ours, and out of reach now
    (message,) = caplog.messages
    assert message == (
        "home made private: other users could get at 8 files and folders,"
        f" such as {home.root.resolve()}"
    )


PREPARE_AS_NOBODY = """
import os, sys
from pathlib import Path
from webapp.processes.home import CannotServeError, prepare_home
os.setuid(65534)
try:
    prepare_home(Path(sys.argv[1]))
except CannotServeError as error:
    print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another user")
def test_a_home_with_another_users_open_file_is_refused_in_words() -> None:
    with TemporaryDirectory(dir="/tmp") as folder:
        root = Path(folder)
        (root / "camelyon.sqlite3").touch()
        (root / "camelyon.sqlite3").chmod(0o644)
        os.chown(root, 65534, 65534)

        refused = subprocess.run(
            [sys.executable, "-c", PREPARE_AS_NOBODY, folder],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

        assert refused == (
            f"other users can get at {root / 'camelyon.sqlite3'}, and its mode cannot be changed"
            f" (Operation not permitted): have its owner run `chmod -R go= {root}`\n"
        )
