import os
import stat
from pathlib import Path

from webapp.privacy import exposed_paths, make_private, private_new_files


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_folder(folder: Path) -> Path:
    """Make a folder that everybody may enter, with a file that everybody may read and run."""
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "file").write_text("content")
    (folder / "file").chmod(0o755)
    return folder


def test_a_folder_and_all_in_it_become_their_owners_alone(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "open")
    inner = open_folder(folder / "inner")

    changed = make_private(folder)

    assert changed[0] == folder
    assert set(changed) == {folder, folder / "file", inner, inner / "file"}
    assert {mode_of(path) for path in changed} == {0o700}
    assert make_private(folder) == []


def test_the_owner_keeps_what_the_owner_had(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    (tmp_path / "file").chmod(0o444)

    make_private(tmp_path / "file")

    assert mode_of(tmp_path / "file") == 0o400


def test_what_a_link_points_at_is_left_alone(tmp_path: Path) -> None:
    elsewhere = open_folder(tmp_path / "elsewhere")
    folder = open_folder(tmp_path / "folder")
    (folder / "link").symlink_to(elsewhere)

    make_private(folder)

    assert (mode_of(elsewhere), mode_of(elsewhere / "file")) == (0o755, 0o755)


def test_what_is_not_there_is_private(tmp_path: Path) -> None:
    assert make_private(tmp_path / "nothing") == []
    assert exposed_paths(tmp_path / "nothing") == []


def test_nothing_in_a_closed_folder_is_exposed(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "folder")
    inner = open_folder(folder / "inner")
    inner.chmod(0o700)

    assert set(exposed_paths(folder)) == {folder, folder / "file"}
    folder.chmod(0o700)
    assert exposed_paths(folder) == []


def test_new_files_are_private_until_the_block_is_left(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with private_new_files():
            (tmp_path / "inside").touch()
        (tmp_path / "outside").touch()
    finally:
        os.umask(before)

    assert (mode_of(tmp_path / "inside"), mode_of(tmp_path / "outside")) == (0o600, 0o644)
