import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from ground_truth.data_set.cli import _bar, _confirm_fetch, app
from ground_truth.data_set.fetching import FetchPlan
from ground_truth.data_set.verification import STATE_NAME
from tests.ground_truth.bucket_server import BucketServer, Proxy, bucket_server, md5_of
from tests.ground_truth.data_set_folders import TIFF, numbered, write_files

SLIDE = "CAMELYON16/images/tumor_001.tif"
TABLE = "CAMELYON16/evaluation/reference.csv"
OUTLINES = "CAMELYON16/annotations/tumor_001.xml"
PATIENCE_SECONDS = 120.0
"""How long a process may take to come to a point, on however busy a machine."""

PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from ground_truth.data_set.cli import app; app()"
)
"""A shell has what it runs in the background ignore interrupts, and tests may run there."""

COMMAND = [sys.executable, "-c", PROGRAM]


@pytest.fixture(scope="module")
def running_server() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


@pytest.fixture
def server(running_server: BucketServer) -> BucketServer:
    running_server.empty()
    return running_server


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def fetch(server: BucketServer | Proxy, folder: Path, *options: object) -> Result:
    return run("fetch", "camelyon16", "--into", folder, "--endpoint", server.url, *options)


def test_what_was_fetched_passes_the_check(server: BucketServer, tmp_path: Path) -> None:
    server.put(
        {
            SLIDE: TIFF,
            OUTLINES: b"<ASAP_Annotations/>",
            TABLE: b"image,type\n",
            "CAMELYON16/checksums.md5": f"{md5_of(TIFF)} *images/tumor_001.tif\n".encode(),
        }
    )

    fetched = fetch(server, tmp_path)
    checked = run("check", tmp_path, "--only", "reference")

    assert fetched.exit_code == 0
    assert "to fetch: 4 files" in fetched.output
    assert "fetched, size and md5 right: 4" in fetched.output
    assert checked.exit_code == 0
    assert "equal: 1 (1 known from an earlier check)" in checked.output


def test_parts_and_slides_can_be_chosen(server: BucketServer, tmp_path: Path) -> None:
    server.put(dict.fromkeys([SLIDE, OUTLINES, OUTLINES.replace("001", "002"), TABLE], b"II*\0"))

    result = fetch(server, tmp_path, "--only", "annotations,reference", "--slides", "tumor_001")

    files = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*"))
    assert result.exit_code == 0
    assert [name for name in files if name != STATE_NAME] == [OUTLINES, TABLE]


def test_a_pattern_that_matches_nothing_fails(server: BucketServer, tmp_path: Path) -> None:
    server.put(dict.fromkeys([SLIDE, TABLE], b"II*\0"))

    result = fetch(server, tmp_path, "--slides", "tumour_001")

    assert result.exit_code == 1
    assert "nothing in the bucket matches" in result.output


def test_one_failure_is_named_and_the_exit_code_is_1(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: TIFF, TABLE: b"x"})
    write_files(tmp_path, [TABLE], b"my own")

    result = fetch(server, tmp_path)

    assert result.exit_code == 1
    assert "fetched, size and md5 right: 1" in result.output
    assert f"{TABLE}: is here with 6 bytes instead of 1" in result.output


def test_much_is_not_fetched_without_a_terminal_or_a_yes(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: TIFF})

    refused = fetch(server, tmp_path, "--ask-above", "0")
    before = list(tmp_path.iterdir())
    agreed = fetch(server, tmp_path, "--ask-above", "0", "--yes")

    assert refused.exit_code == 1
    assert "images: 1 file, 12 bytes" in refused.output
    assert "add --yes" in refused.output
    assert before == []
    assert agreed.exit_code == 0


@pytest.mark.parametrize(("answer", "exit_code"), [("n\n", 1), ("y\n", 0)])
def test_a_person_at_a_terminal_is_asked(
    server: BucketServer, tmp_path: Path, answer: str, exit_code: int
) -> None:
    server.put({SLIDE: TIFF})
    mine, theirs = pty.openpty()
    options = ["camelyon16", "--into", str(tmp_path), "--endpoint", server.url, "--ask-above", "0"]

    os.write(mine, answer.encode())
    done = subprocess.run(
        [*COMMAND, "fetch", *options], stdin=theirs, capture_output=True, check=False
    )
    os.close(mine)
    os.close(theirs)

    assert done.returncode == exit_code
    assert b"Fetch them?" in done.stdout
    assert (tmp_path / SLIDE).exists() is (exit_code == 0)


def test_what_the_disk_has_no_room_for_is_not_begun(
    server: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put({SLIDE: TIFF})
    full = SimpleNamespace(total=100, used=92, free=8)
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)

    result = fetch(server, tmp_path, "--yes")

    assert result.exit_code == 1
    assert "has not room for that: 4 bytes are lacking" in result.output
    assert list(tmp_path.iterdir()) == []


def test_an_unfit_key_is_told_and_the_others_are_fetched(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: TIFF, "CAMELYON16/a\\b": b"x"})

    result = fetch(server, tmp_path)

    assert "refused: 'CAMELYON16/a\\\\b' has a backslash" in result.output
    assert (tmp_path / SLIDE).exists()


def test_a_bucket_without_the_data_set_is_said(server: BucketServer, tmp_path: Path) -> None:
    result = fetch(server, tmp_path)

    assert result.exit_code == 1
    assert "has nothing below CAMELYON16/" in result.output


def test_a_state_that_cannot_be_used_is_told(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: TIFF})
    (tmp_path / STATE_NAME).write_bytes(b"not json")

    result = fetch(server, tmp_path)

    assert result.exit_code == 0
    assert f"note: {STATE_NAME} cannot be used" in result.output


def test_progress_goes_to_a_terminal_on_standard_error(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: TIFF})
    mine, theirs = pty.openpty()
    options = ["camelyon16", "--into", str(tmp_path), "--endpoint", server.url]

    done = subprocess.run(
        [*COMMAND, "fetch", *options], stdout=subprocess.PIPE, stderr=theirs, check=True
    )
    shown = os.read(mine, 65536)
    os.close(mine)
    os.close(theirs)

    assert b"Fetching" in shown
    assert b"12/12 bytes" in shown
    assert b"fetched, size and md5 right: 1" in done.stdout


def test_a_terminal_is_shown_a_bar_and_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = pty.openpty()
    plan = FetchPlan((), (), 12)

    with os.fdopen(theirs, "w") as screen, os.fdopen(os.dup(theirs)) as keyboard:
        monkeypatch.setattr("sys.stderr", screen)
        monkeypatch.setattr("sys.stdin", keyboard)
        with _bar("Fetching", 12) as advance:
            advance(12)
        os.write(mine, b"n\n")
        with pytest.raises(typer.Abort):
            _confirm_fetch(plan, Path(), yes=False, ask_above_gb=0.0)
        shown = os.read(mine, 65536)
    os.close(mine)

    assert b"12/12 bytes" in shown


def test_without_the_client_the_way_to_install_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)

    result = run("fetch", "camelyon16", "--into", tmp_path)

    assert result.exit_code == 1
    assert "pip install 'camelyon-leaderboard[s3]'" in result.output


def test_a_server_that_does_not_answer_is_said(tmp_path: Path) -> None:
    result = run("fetch", "camelyon16", "--into", tmp_path, "--endpoint", "http://127.0.0.1:9")

    assert result.exit_code == 1
    assert "the bucket cannot be listed" in result.output
    assert "Traceback" not in result.output


def test_a_killed_fetch_leaves_no_partial_slide_and_the_next_goes_on(
    server: BucketServer, tmp_path: Path
) -> None:
    content = TIFF + bytes(6 * 2**20)
    server.put({SLIDE: content})
    options = ["camelyon16", "--into", str(tmp_path), "--endpoint"]
    with Proxy(server.port, stall_after=4 * 2**20).running() as stalling:
        victim = subprocess.Popen([*COMMAND, "fetch", *options, stalling.url])
        assert stalling.stalled.wait(PATIENCE_SECONDS)
        part = _part_of_at_least(tmp_path, 2 * 2**20)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    name_was_given = (tmp_path / SLIDE).exists()

    with Proxy(server.port).running() as proxy:
        result = run("fetch", *options, proxy.url)

    assert not name_was_given
    assert result.exit_code == 0
    assert (tmp_path / SLIDE).read_bytes() == content
    assert proxy.answered_bytes < 5 * 2**20
    assert not part.exists()


def test_an_interrupted_fetch_ends_and_keeps_what_came(
    server: BucketServer, tmp_path: Path
) -> None:
    content = TIFF + bytes(2**20)
    keys = numbered("CAMELYON16/images/normal_{:03d}.tif", range(1, 60))
    server.put(dict.fromkeys(keys, content))
    options = ["camelyon16", "--into", str(tmp_path), "--endpoint"]
    # At eight files' worth the server holds all others back until the fetch has been interrupted;
    # then it goes on so slowly that they would take ten seconds more.
    with Proxy(server.port, stall_after=8 * 2**20, pause_seconds=0.05).running() as stalling:
        command = [*COMMAND, "fetch", *options, stalling.url]
        victim = subprocess.Popen(command, stderr=subprocess.PIPE)
        assert stalling.stalled.wait(PATIENCE_SECONDS)
        _wait_for_slide(tmp_path)
        victim.send_signal(signal.SIGINT)
        stalling.goes_on.set()
        _, errors = victim.communicate(timeout=PATIENCE_SECONDS)
    kept = sorted(tmp_path.rglob("*.tif"))
    with Proxy(server.port).running() as proxy:
        result = run("fetch", *options, proxy.url)

    assert victim.returncode == 130  # as typer says of an interruption; a failure is 1
    assert b"Traceback" not in errors
    assert 0 < len(kept) < 59
    assert result.exit_code == 0
    assert sorted(tmp_path.rglob("*.tif")) == [tmp_path / key for key in keys]
    assert {(tmp_path / key).read_bytes() for key in keys} == {content}
    assert f"already here, md5 right: {len(kept)}" in result.output
    assert proxy.answered_bytes < (60 - len(kept)) * 2**20


def _wait_for_slide(folder: Path) -> None:
    """Wait for a file that is whole under its name."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if any(folder.rglob("*.tif")):
            return
        time.sleep(0.02)
    raise AssertionError("no slide arrived")


def _part_of_at_least(folder: Path, size_bytes: int) -> Path:
    """Wait for an unfinished file that has grown to a size."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        # One that has just been finished is no longer there.
        with suppress(FileNotFoundError):
            for part in folder.rglob("*.part"):
                if part.stat().st_size >= size_bytes:
                    return part
        time.sleep(0.02)
    raise AssertionError("no unfinished file grew")
