"""Fetches a bucket's objects into a folder; resumes, verifies, and names only whole files."""

import fcntl
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ground_truth.data_set.bucket import BucketObject, FetchError, first_line
from ground_truth.data_set.layouts import PART_SUFFIX
from ground_truth.data_set.verification import SAVE_EVERY_SECONDS, VerificationState, digest_of

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import S3Store

RANGE_BYTES = 16 * 2**20
"""Bytes of one request; the next attempt begins after those that have arrived."""

_CHUNK_BYTES = 2**20
_ATTEMPTS = 5
"""Attempts in a row that bring no byte; the client's own repetitions are not counted."""

_WORKERS = 4

Advance = Callable[[int], None]


class FetchStatus(StrEnum):
    """How fetching one object ended; ``size_only`` where no md5 is known to compare with."""

    FETCHED = "fetched"
    HERE = "here"
    SIZE_ONLY = "size_only"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """One object's outcome; the reason is None unless it failed."""

    path: str
    status: FetchStatus
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """The objects to fetch, those already here, and the number of bytes still to fetch."""

    to_fetch: tuple[BucketObject, ...]
    here: tuple[BucketObject, ...]
    bytes_to_fetch: int


@dataclass(frozen=True, slots=True)
class FetchContext:
    """What every worker of a fetch needs.

    Setting ``stop`` ends all workers at their next chunk; ``advance`` takes the number of bytes
    that arrived.
    """

    store: "S3Store"
    folder: Path
    state: VerificationState
    advance: Advance
    stop: threading.Event
    pause_seconds: float = 1.0


def make_plan(objects: Collection[BucketObject], folder: Path) -> FetchPlan:
    """Sort objects into those to fetch and those already here; unfinished files are resumed."""
    here = tuple(each for each in objects if (folder / each.path).exists())
    to_fetch = tuple(each for each in objects if not (folder / each.path).exists())
    return FetchPlan(to_fetch, here, sum(_bytes_to_come(folder, each) for each in to_fetch))


def missing_space_bytes(plan: FetchPlan, folder: Path) -> int:
    """Return by how many bytes the folder's file system is too small for the plan, or 0."""
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return max(0, plan.bytes_to_fetch - shutil.disk_usage(existing).free)


def fetch_all(plan: FetchPlan, context: FetchContext) -> Iterator[FetchOutcome]:
    """Fetch a plan's objects, a few at a time, and compare those that are here already.

    An object that fails does not stop the others. Closing the iterator, as an interruption does,
    ends the work at the next chunk; what has arrived stays for the next call.
    """
    pool = ThreadPoolExecutor(_WORKERS)
    work = [pool.submit(_outcome_of, each, context) for each in (*plan.here, *plan.to_fetch)]
    saved_at = time.monotonic()
    try:
        for done in as_completed(work):
            yield done.result()
            if time.monotonic() - saved_at > SAVE_EVERY_SECONDS:
                context.state.save()
                saved_at = time.monotonic()
    finally:
        context.stop.set()
        pool.shutdown(cancel_futures=True)
        context.state.save()


def fetch(each: BucketObject, context: FetchContext) -> FetchStatus:
    """Fetch one object, unless it is here, and give it its name once size and md5 are right.

    Raises
    ------
    FetchError
        With the reason in plain words; no file has then been given its final name.
    """
    file = context.folder / each.path
    if file.exists():
        return _compare(file, each, context)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = _part_file(context.folder, each)
    _drop_stale(file, part)
    with _locked_file(part) as stream:
        md5 = _fetch_remainder(stream, each, context)
        if each.md5 not in {None, md5}:
            part.unlink()
            raise FetchError(f"arrived with md5 {md5} instead of {each.md5}; run again")
        os.fsync(stream.fileno())
        part.replace(file)
    _sync_folder(file.parent)
    context.state.remember(each.path, file.stat(), "md5", md5)
    return FetchStatus.FETCHED if each.md5 else FetchStatus.SIZE_ONLY


def _outcome_of(each: BucketObject, context: FetchContext) -> FetchOutcome:
    from obstore.exceptions import BaseError

    try:
        return FetchOutcome(each.path, fetch(each, context))
    except (FetchError, BaseError, OSError) as error:
        return FetchOutcome(each.path, FetchStatus.FAILED, first_line(error))


def _compare(file: Path, each: BucketObject, context: FetchContext) -> FetchStatus:
    """Compare a file that is here with its object; read it only if its digest is not known yet."""
    status = file.stat()
    if status.st_size != each.size_bytes:
        raise FetchError(
            f"is here with {status.st_size} bytes instead of {each.size_bytes}; "
            "move it away to fetch it again"
        )
    if each.md5 is None:
        return FetchStatus.SIZE_ONLY
    md5 = context.state.digest(each.path, status, "md5")
    if md5 is None:
        md5 = digest_of(file, "md5", lambda _: _raise_if_stopped(context.stop))
        context.state.remember(each.path, status, "md5", md5)
    if md5 != each.md5:
        raise FetchError(
            f"is here with md5 {md5} instead of {each.md5}; move it away to fetch it again"
        )
    return FetchStatus.HERE


def _part_file(folder: Path, each: BucketObject) -> Path:
    """Name the unfinished file after the object's version too, so that versions never mix."""
    version = hashlib.sha256(f"{each.e_tag} {each.size_bytes}".encode()).hexdigest()[:12]
    file = folder / each.path
    return file.with_name(f"{file.name}.{version}{PART_SUFFIX}")


def _drop_stale(file: Path, part: Path) -> None:
    """Remove unfinished files of other versions of the object."""
    for other in file.parent.glob(f"{file.name}.{'?' * 12}{PART_SUFFIX}"):
        if other != part:
            other.unlink(missing_ok=True)


@contextmanager
def _locked_file(part: Path) -> Iterator[BinaryIO]:
    """Open and lock an unfinished file; refuse a symbolic link in its place."""
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "r+b") as stream:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FetchError("another fetch is writing it") from error
        if not (part.exists() and os.path.samestat(os.fstat(descriptor), part.stat())):
            raise FetchError("another fetch has just finished it; run again")
        yield stream


def _fetch_remainder(stream: BinaryIO, each: BucketObject, context: FetchContext) -> str:
    """Bring an unfinished file to its full size and return the md5 of all its bytes."""
    md5 = hashlib.md5(usedforsecurity=False)
    if os.fstat(stream.fileno()).st_size > each.size_bytes:
        stream.truncate(0)
    done = 0
    while block := stream.read(_CHUNK_BYTES):
        md5.update(block)
        done += len(block)
    failures = 0
    while done < each.size_bytes:
        before = done
        try:
            for chunk in _range(each, done, context):
                stream.write(chunk)
                md5.update(chunk)
                done += len(chunk)
                context.advance(len(chunk))
        except _transient_errors() as error:
            failures = 1 if done > before else failures + 1
            if failures == _ATTEMPTS:
                raise FetchError(f"broke off at {done} bytes: {first_line(error)}") from error
            context.stop.wait(context.pause_seconds * 2**failures)
    stream.flush()
    return md5.hexdigest()


def _range(each: BucketObject, start: int, context: FetchContext) -> Iterator[bytes]:
    """Yield the next range in chunks; the ETag ensures that it is of the version listed."""
    import obstore
    from obstore.exceptions import PreconditionError

    end = min(start + RANGE_BYTES, each.size_bytes)
    options: GetOptions = {"range": (start, end)}
    if each.e_tag:
        options["if_match"] = each.e_tag
    try:
        answer = obstore.get(context.store, each.path, options=options)
    except PreconditionError as error:
        raise FetchError("has been replaced in the bucket meanwhile; run again") from error
    if answer.range != (start, end):
        raise FetchError(f"the server sent bytes {answer.range} instead of {(start, end)}")
    for chunk in answer.stream(min_chunk_size=_CHUNK_BYTES):
        _raise_if_stopped(context.stop)
        yield chunk


def _raise_if_stopped(stop: threading.Event) -> None:
    if stop.is_set():
        raise FetchError("interrupted; run again to go on")


def _transient_errors() -> tuple[type[Exception], ...]:
    """Return the network errors after which another attempt may succeed."""
    from obstore.exceptions import GenericError

    return (GenericError, TimeoutError, ConnectionError)


def _bytes_to_come(folder: Path, each: BucketObject) -> int:
    part = _part_file(folder, each)
    begun = part.stat().st_size if part.exists() else 0
    return each.size_bytes - begun if begun <= each.size_bytes else each.size_bytes


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
