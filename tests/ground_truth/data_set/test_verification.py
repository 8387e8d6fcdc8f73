import os
from pathlib import Path

import pytest

from ground_truth.data_set.checksums import Checksum
from ground_truth.data_set.verification import (
    STATE_NAME,
    ComparisonOutcome,
    FileComparison,
    load_verified,
    verify,
)

EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
HELLO_MD5 = "5d41402abc4b2a76b9719d911017c592"  # of b"hello"
HELLO_SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def check(root: Path, *checksums: Checksum) -> tuple[list[FileComparison], list[int]]:
    """Compare with the state kept in the folder; return the outcomes and the bytes reported."""
    told: list[int] = []
    return list(verify(root, checksums, load_verified(root / STATE_NAME), told.append)), told


def md5(path: str, digest: str = HELLO_MD5) -> Checksum:
    return Checksum(path, "md5", digest, 1)


def test_files_are_equal_different_or_absent(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")

    outcomes, _ = check(
        tmp_path, md5("a"), Checksum("a", "sha256", HELLO_SHA256, 2), md5("a", EMPTY_MD5), md5("b")
    )

    assert [each.outcome for each in outcomes] == [
        ComparisonOutcome.EQUAL,
        ComparisonOutcome.EQUAL,
        ComparisonOutcome.DIFFERS,
        ComparisonOutcome.ABSENT,
    ]


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_unreadable_and_does_not_hang(tmp_path: Path, kind: str) -> None:
    if kind == "folder":
        (tmp_path / "a").mkdir()
    else:
        os.mkfifo(tmp_path / "a")

    outcomes, _ = check(tmp_path, md5("a"))

    assert outcomes == [FileComparison("a", ComparisonOutcome.UNREADABLE, reason="not a file")]


def test_a_second_check_reads_nothing_of_what_the_first_compared(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"hello")
    status = file.stat()
    check(tmp_path, md5("a"))
    file.write_bytes(b"HELLO")  # would differ, were it read
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    outcomes, told = check(tmp_path, md5("a"))

    assert outcomes == [FileComparison("a", ComparisonOutcome.EQUAL, was_known=True)]
    assert told == [5]


@pytest.mark.parametrize("change", ["content", "time"])
def test_a_changed_file_is_read_again(tmp_path: Path, change: str) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"hello")
    check(tmp_path, md5("a"))
    if change == "content":
        file.write_bytes(b"hello!")
    else:
        os.utime(file, ns=(1, 1))

    outcomes, _ = check(tmp_path, md5("a"))

    assert not outcomes[0].was_known
    assert outcomes[0].outcome is (
        ComparisonOutcome.DIFFERS if change == "content" else ComparisonOutcome.EQUAL
    )


def test_the_digest_is_remembered_not_the_outcome(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    check(tmp_path, md5("a"))

    outcomes, _ = check(tmp_path, md5("a", EMPTY_MD5))

    assert outcomes == [FileComparison("a", ComparisonOutcome.DIFFERS, was_known=True)]


def test_an_interrupted_check_goes_on_where_it_was(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"hello")
    interrupted = iter(
        verify(tmp_path, map(md5, "abc"), load_verified(tmp_path / STATE_NAME), lambda _: None)
    )
    next(interrupted)
    next(interrupted)
    interrupted.close()  # type: ignore[attr-defined] # a generator, as KeyboardInterrupt closes it

    outcomes, _ = check(tmp_path, *map(md5, "abc"))

    assert [each.was_known for each in outcomes] == [True, True, False]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"format": 9, "files": {}}', b'{"format": 1, "files": {"md5:a": 5}}'],
)
def test_a_state_that_cannot_be_read_is_begun_anew_and_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / STATE_NAME).write_bytes(content)

    state = load_verified(tmp_path / STATE_NAME)

    assert state.fingerprints == {}
    assert "read again" in str(state.notice)


def test_a_state_that_cannot_be_written_is_said_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    state = load_verified(tmp_path / "gone" / STATE_NAME)

    outcomes = list(verify(tmp_path, [md5("a")], state, lambda _: None))

    assert outcomes == [FileComparison("a", ComparisonOutcome.EQUAL)]
    assert "cannot be written" in str(state.notice)


def test_a_file_that_changes_while_it_is_read_is_neither_equal_nor_different(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"hello")
    state = load_verified(tmp_path / STATE_NAME)

    def append(_: int) -> None:
        with file.open("ab") as stream:
            stream.write(b"!" if file.stat().st_size < 7 else b"")

    outcomes = list(verify(tmp_path, [md5("a")], state, append))

    assert outcomes == [
        FileComparison("a", ComparisonOutcome.CHANGED, reason="changed while it was read")
    ]
    assert state.fingerprints == {}


def test_a_path_through_a_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")

    outcomes, _ = check(tmp_path, md5("a/b"))

    assert outcomes == [
        FileComparison("a/b", ComparisonOutcome.UNREADABLE, reason="Not a directory")
    ]


def test_a_long_check_is_remembered_before_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ground_truth.data_set.verification.SAVE_EVERY_SECONDS", 0.0)
    for name in "ab":
        (tmp_path / name).write_bytes(b"hello")
    outcomes = iter(
        verify(tmp_path, map(md5, "ab"), load_verified(tmp_path / STATE_NAME), lambda _: None)
    )

    next(outcomes)
    next(outcomes)
    kept = load_verified(tmp_path / STATE_NAME)

    assert list(kept.fingerprints) == ["md5:a"]
