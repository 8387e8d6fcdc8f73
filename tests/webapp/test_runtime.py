from pathlib import Path

import pytest

from ground_truth.versions.build import build_camelyon17
from tests.builders import camelyon17_stages
from webapp.runtime import Runtime
from webapp.settings import Settings


def settings_in(folder: Path, *switches: str, truth: Path | None = None) -> Settings:
    return Settings(
        secret_key="0123456789abcdef0123456789abcdef",
        database_url=f"sqlite:///{folder}/camelyon.sqlite3",
        redis_url="redis://127.0.0.1:1/0",
        blob_dir=folder / "blobs",
        truth_dir=truth,
        test_switches=switches,
    )


def test_a_truth_is_loaded_once_and_kept(tmp_path: Path) -> None:
    version = build_camelyon17(camelyon17_stages(tmp_path / "source"), tmp_path / "truth")
    runtime = Runtime(settings_in(tmp_path, truth=tmp_path / "truth"))

    loaded = runtime.load_truth(version)

    assert loaded.version == version
    assert runtime.load_truth(version) is loaded


def test_a_process_without_truth_cannot_score(tmp_path: Path) -> None:
    runtime = Runtime(settings_in(tmp_path))

    with pytest.raises(RuntimeError, match="this process may not score"):
        runtime.load_truth("0123456789ab")


@pytest.mark.parametrize("name", ["../secrets", "", "0123456789AB", "0123456789abc"])
def test_a_name_that_is_no_version_is_never_made_a_path(tmp_path: Path, name: str) -> None:
    runtime = Runtime(settings_in(tmp_path, truth=tmp_path))

    with pytest.raises(ValueError, match="is not the name of a truth version"):
        runtime.load_truth(name)


def test_the_guards_are_on_unless_a_test_switch_takes_them_out(tmp_path: Path) -> None:
    guarded = Runtime(settings_in(tmp_path)).policy("worker")
    unguarded = Runtime(
        settings_in(tmp_path, "no-fence", "no-lease-recovery", "pause-per-slide=0.25")
    ).policy("worker")

    assert guarded.is_fenced
    assert guarded.recovers_expired
    assert guarded.pause_per_slide_seconds == 0
    assert not unguarded.is_fenced
    assert not unguarded.recovers_expired
    assert unguarded.pause_per_slide_seconds == 0.25
