import stat
from pathlib import Path

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
