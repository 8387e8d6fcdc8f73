from pathlib import Path

from webapp.commands.private_files import private_files
from webapp.processes.home import prepare_home


def test_a_prepared_home_is_its_owners_alone(tmp_path: Path) -> None:
    home = prepare_home(tmp_path / "home")

    assert private_files(home.root, home.blobs) == (True, "files are their owner's alone")


def test_an_open_home_is_red_and_names_what_is_open(tmp_path: Path) -> None:
    home = prepare_home(tmp_path / "home")
    home.root.chmod(0o755)
    home.database.touch(0o644)

    is_fine, words = private_files(home.root, home.blobs)

    assert not is_fine
    assert words == (
        f"other users can get at 2 files and folders, such as {home.root}:"
        f" run `chmod go= {home.root}` as its owner"
    )


def test_truth_built_into_a_closed_home_is_no_trouble(tmp_path: Path) -> None:
    home = prepare_home(tmp_path / "home")
    (home.truth / "0123456789ab").mkdir()
    (home.truth / "0123456789ab").chmod(0o755)

    assert private_files(home.root, home.blobs)[0]


def test_stored_files_outside_a_home_count_too(tmp_path: Path) -> None:
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    blobs.chmod(0o750)

    assert not private_files(None, blobs)[0]
    blobs.chmod(0o700)
    assert private_files(None, blobs)[0]


def test_a_folder_that_is_not_there_exposes_nothing(tmp_path: Path) -> None:
    assert private_files(tmp_path / "none", tmp_path / "none" / "blobs")[0]
