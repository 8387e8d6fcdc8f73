import errno
import hashlib
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.errors import RefusalCode, Refused
from webapp.storage import BlobMissing, FolderBlobStore

CONTENT = b"some bytes of a submission"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> FolderBlobStore:
    return FolderBlobStore(tmp_path / "blobs")


def put(store: FolderBlobStore, content: bytes = CONTENT) -> str:
    return store.put([content], max_bytes=10_000, expected_bytes=len(content)).sha256


def files_in(store: FolderBlobStore) -> list[str]:
    return [path.name for path in store.root.rglob("*") if path.is_file() and path.name != ".lock"]


def test_a_blob_is_known_by_its_sha256(store: FolderBlobStore) -> None:
    assert put(store) == SHA256
    assert put(store) == SHA256  # again: the same blob

    assert files_in(store) == [SHA256]
    assert [name for name, _ in store.list_blobs()] == [SHA256]
    assert (store.exists(SHA256), store.size(SHA256)) == (True, len(CONTENT))
    assert store.verify(SHA256, len(CONTENT))
    with store.local_path(SHA256) as path:
        assert path.read_bytes() == CONTENT


def test_a_missing_blob_is_named(store: FolderBlobStore) -> None:
    assert (store.exists(SHA256), store.verify(SHA256, 1)) == (False, False)
    with pytest.raises(BlobMissing), store.local_path(SHA256):
        pass


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", b"x" * len(CONTENT)])
def test_an_altered_blob_is_not_verified_and_heals_when_stored_again(
    store: FolderBlobStore, content: bytes
) -> None:
    put(store)
    (store.root / SHA256[:2] / SHA256).write_bytes(content)
    assert not store.verify(SHA256, len(CONTENT))

    put(store)

    assert store.verify(SHA256, len(CONTENT))


@pytest.mark.parametrize("name", ["", "..", "a" * 63, "A" * 64, "../" + "a" * 61, "g" * 64])
def test_a_name_that_is_no_sha256_is_refused(store: FolderBlobStore, name: str) -> None:
    with pytest.raises(ValueError, match="64 lower-case"):
        store.exists(name)


@pytest.mark.parametrize("expected", [len(CONTENT) - 1, len(CONTENT) + 1])
def test_a_body_of_another_length_than_declared_leaves_nothing(
    store: FolderBlobStore, expected: int
) -> None:
    with pytest.raises(Refused) as refused:
        store.put([CONTENT], max_bytes=10_000, expected_bytes=expected)

    assert refused.value.code is RefusalCode.INCOMPLETE_UPLOAD
    assert files_in(store) == []


def test_a_body_above_the_limit_is_refused_before_it_is_read_whole(store: FolderBlobStore) -> None:
    read = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(1)
            yield b"x" * 1000

    with pytest.raises(Refused) as refused:
        store.put(endless(), max_bytes=2500, expected_bytes=None)

    assert refused.value.code is RefusalCode.FILE_TOO_LARGE
    assert len(read) == 3
    assert files_in(store) == []


def test_a_client_that_goes_away_leaves_nothing(store: FolderBlobStore) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put(broken(), max_bytes=10_000, expected_bytes=None)

    assert files_in(store) == []


def test_a_full_disk_at_write_is_told_and_leaves_nothing(store: FolderBlobStore) -> None:
    # A real limit of the kernel, in another process: writes beyond 64 KiB fail.
    program = """
        import resource, sys
        from pathlib import Path
        from webapp.errors import Refused
        from webapp.storage import FolderBlobStore

        store = FolderBlobStore(Path(sys.argv[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
        try:
            store.put([b"x" * 50_000] * 4, max_bytes=10**9, expected_bytes=None)
        except Refused as refused:
            sys.exit(0 if refused.code == "storage_full" else 3)
        sys.exit(4)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), store.root],
        check=False,
        cwd=Path(__file__).parents[2],
    )

    assert done.returncode == 0
    assert files_in(store) == []


class FullDisk(FolderBlobStore):
    """A store whose system calls fail from the n-th on, as on a full disk."""

    def __init__(self, root: Path, call: str, number: int) -> None:
        super().__init__(root)
        self._left = {"sync": 1000, "rename": 1000} | {call: number}

    def _sync(self, descriptor: int) -> None:
        self._count("sync")
        super()._sync(descriptor)

    def _rename(self, partial: Path, path: Path) -> None:
        self._count("rename")
        super()._rename(partial, path)

    def _count(self, call: str) -> None:
        self._left[call] -= 1
        if self._left[call] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(("call", "number"), [("sync", 0), ("sync", 1), ("sync", 2), ("rename", 0)])
def test_a_full_disk_at_any_later_step_is_told_and_leaves_nothing_torn(
    tmp_path: Path, call: str, number: int
) -> None:
    store = FullDisk(tmp_path / "blobs", call, number)

    with pytest.raises(Refused) as refused:
        put(store)

    assert refused.value.code is RefusalCode.STORAGE_FULL
    # Once renamed the blob is whole; it has no owner until its row is committed.
    assert files_in(store) in ([], [SHA256])
    assert not store.exists(SHA256) or store.verify(SHA256, len(CONTENT))


def test_another_error_of_the_disk_is_not_taken_for_a_full_one(store: FolderBlobStore) -> None:
    (store.root / SHA256[:2]).write_bytes(b"a file where the folder should be")

    with pytest.raises(OSError, match="directory"):
        put(store)


def test_a_writer_killed_in_the_middle_leaves_only_a_partial_file(store: FolderBlobStore) -> None:
    program = """
        import os, signal, sys
        from pathlib import Path
        from webapp.storage import FolderBlobStore

        def chunks():
            yield b"x" * 10_000_000
            os.kill(os.getpid(), signal.SIGKILL)

        FolderBlobStore(Path(sys.argv[1])).put(chunks(), max_bytes=10**9, expected_bytes=None)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), store.root],
        check=False,
        cwd=Path(__file__).parents[2],
    )

    assert done.returncode == -signal.SIGKILL
    assert list(store.list_blobs()) == []
    assert len(files_in(store)) == 1
    assert store.delete_partial(3600) == 0
    assert store.delete_partial(0) == 1
    assert files_in(store) == []


def test_a_blob_is_deleted_only_when_old_enough(store: FolderBlobStore) -> None:
    put(store)
    assert not store.delete(SHA256, minimum_age_seconds=60)
    assert store.exists(SHA256)
    then = time.time() - 120
    os.utime(store.root / SHA256[:2] / SHA256, (then, then))
    ((_, age_seconds),) = store.list_blobs()

    assert 119 < age_seconds < 180
    assert store.delete(SHA256, minimum_age_seconds=60)
    assert not store.delete(SHA256, minimum_age_seconds=60)


def test_storing_an_old_blob_again_makes_it_young(store: FolderBlobStore) -> None:
    put(store)
    then = time.time() - 120
    os.utime(store.root / SHA256[:2] / SHA256, (then, then))

    put(store)

    assert not store.delete(SHA256, minimum_age_seconds=60)


def test_a_large_file_is_stored_in_little_memory(store: FolderBlobStore) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    chunk = b"x" * 1_000_000

    blob = store.put((chunk for _ in range(200)), max_bytes=10**9, expected_bytes=200_000_000)

    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (blob.size, grown_kib < 50_000) == (200_000_000, True)
