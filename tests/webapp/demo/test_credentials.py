from pathlib import Path

import pytest

from webapp.demo.credentials import (
    FILE_NAME,
    DemoError,
    draw_credentials,
    load_credentials,
    save_credentials,
)
from webapp.demo.demonstration import Sources, credentials_of


def test_credentials_are_kept_where_only_the_owner_reads_them(tmp_path: Path) -> None:
    drawn = draw_credentials("synthetic")

    save_credentials(tmp_path, drawn)

    assert load_credentials(tmp_path) == drawn
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_two_homes_never_share_a_password() -> None:
    first, second = draw_credentials("synthetic"), draw_credentials("synthetic")

    passwords = {first.organiser_password, second.organiser_password, first.participant_password}
    assert len(passwords) == 3


def test_a_home_keeps_its_credentials_from_start_to_start(tmp_path: Path) -> None:
    sources = Sources(tmp_path, None)

    assert credentials_of(sources) == credentials_of(sources)


def test_a_home_is_not_filled_with_two_kinds_of_data(tmp_path: Path) -> None:
    credentials_of(Sources(tmp_path, None))

    with pytest.raises(DemoError, match="shows synthetic data"):
        credentials_of(Sources(tmp_path, tmp_path / "data"))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{", encoding="utf-8")

    with pytest.raises(DemoError, match=FILE_NAME):
        load_credentials(tmp_path)
