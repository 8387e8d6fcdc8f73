import fcntl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ground_truth.data_set.bucket import open_bucket
from ground_truth.data_set.fetching import (
    FetchContext,
    FetchStatus,
    fetch_all,
    make_plan,
)
from ground_truth.data_set.verification import STATE_NAME, load_verified
from tests.ground_truth.bucket_server import BUCKET, BucketServer, Proxy, bucket_server, md5_of
from tests.ground_truth.fetches import CONTENT, SLIDE, begin, fetch_into, files_in, objects_at

PATIENCE_SECONDS = 120.0
"""How long a fetch may take to come to a point, on however busy a machine."""


@pytest.fixture(scope="module")
def running_server() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


@pytest.fixture
def server(running_server: BucketServer) -> BucketServer:
    running_server.empty()
    return running_server


def test_connections_that_break_are_taken_up_where_they_broke(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)

    with Proxy(server.port, cut_after=[1_500_000, 700_000]).running() as proxy:
        outcomes = fetch_into(tmp_path, proxy.url, objects)

    assert outcomes[SLIDE].status is FetchStatus.FETCHED
    assert (tmp_path / SLIDE).read_bytes() == CONTENT


def test_what_an_earlier_run_fetched_is_not_fetched_again(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)
    with Proxy(server.port, cut_after=[2_500_000] + [0] * 60).running() as proxy:
        broken = fetch_into(tmp_path, proxy.url, objects)
    unfinished = files_in(tmp_path)

    with Proxy(server.port).running() as proxy:
        outcomes = fetch_into(tmp_path, proxy.url, objects)

    assert broken[SLIDE].status is FetchStatus.FAILED
    assert "broke off" in str(broken[SLIDE].reason)
    assert [name.startswith(f"{SLIDE}.") and name.endswith(".part") for name in unfinished] == [
        True
    ]
    assert outcomes[SLIDE].status is FetchStatus.FETCHED
    assert (tmp_path / SLIDE).read_bytes() == CONTENT
    assert proxy.answered_bytes < 2 * 2**20
    assert files_in(tmp_path) == [SLIDE]


def test_a_part_whose_bytes_were_damaged_never_gets_the_name(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)
    with Proxy(server.port, cut_after=[2_500_000] + [0] * 60).running() as proxy:
        fetch_into(tmp_path, proxy.url, objects)
    part = tmp_path / files_in(tmp_path)[0]
    with part.open("r+b") as stream:
        stream.write(b"not what was sent")

    damaged = fetch_into(tmp_path, server.url, objects)
    after_damage = files_in(tmp_path)
    again = fetch_into(tmp_path, server.url, objects)

    assert damaged[SLIDE].status is FetchStatus.FAILED
    assert md5_of(CONTENT) in str(damaged[SLIDE].reason)
    assert after_damage == []
    assert again[SLIDE].status is FetchStatus.FETCHED


def test_an_object_that_was_replaced_after_listing_is_not_mixed_with_its_successor(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)
    server.put({SLIDE: CONTENT[::-1]})

    outcomes = fetch_into(tmp_path, server.url, objects)

    assert outcomes[SLIDE].status is FetchStatus.FAILED
    assert "replaced" in str(outcomes[SLIDE].reason)
    assert not (tmp_path / SLIDE).exists()


def test_the_rest_of_an_older_version_is_dropped(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: CONTENT})
    with Proxy(server.port, cut_after=[2_500_000] + [0] * 60).running() as proxy:
        fetch_into(tmp_path, proxy.url, objects_at(server.url))
    server.put({SLIDE: CONTENT[::-1]})

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes[SLIDE].status is FetchStatus.FETCHED
    assert (tmp_path / SLIDE).read_bytes() == CONTENT[::-1]
    assert files_in(tmp_path) == [SLIDE]


def test_a_link_in_the_place_of_an_unfinished_file_is_not_followed(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    elsewhere.write_bytes(b"precious")
    objects = objects_at(server.url)
    with Proxy(server.port, cut_after=[0] * 60).running() as proxy:
        fetch_into(folder, proxy.url, objects)
    part = folder / files_in(folder)[0]
    part.unlink()
    part.symlink_to(elsewhere)

    outcomes = fetch_into(folder, server.url, objects)

    assert outcomes[SLIDE].status is FetchStatus.FAILED
    assert elsewhere.read_bytes() == b"precious"


def test_an_interrupted_fetch_ends_at_once_and_keeps_what_came(
    server: BucketServer, tmp_path: Path
) -> None:
    keys = [f"CAMELYON16/images/normal_{n:03d}.tif" for n in range(1, 20)]
    server.put(dict.fromkeys(keys, CONTENT))
    objects = objects_at(server.url)
    stop, state = threading.Event(), load_verified(tmp_path / STATE_NAME)
    # At ten files' worth the server holds back what is left of four, and all others, until the
    # fetch has been told to stop.
    with Proxy(server.port, stall_after=10 * len(CONTENT), goes_on=stop).running() as proxy:
        store = open_bucket(BUCKET, proxy.url)
        context = FetchContext(store, tmp_path, state, lambda _: None, stop)
        outcomes = fetch_all(make_plan(objects, tmp_path), context)

        next(outcomes)
        assert proxy.stalled.wait(PATIENCE_SECONDS)
        outcomes.close()  # type: ignore[attr-defined] # a generator, closed as KeyboardInterrupt does
    left = make_plan(objects, tmp_path)

    assert 10 <= len(left.to_fetch) < 19
    assert fetch_into(tmp_path, server.url, objects).keys() == set(keys)
    assert files_in(tmp_path) == keys


def test_two_fetches_never_write_one_file(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)
    part = begin(tmp_path, server, objects)

    with part.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        outcomes = fetch_into(tmp_path, server.url, objects)

    assert outcomes[SLIDE].reason == "another fetch is writing it"
    assert part.exists()


def test_an_unfinished_file_longer_than_the_object_is_begun_anew(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)
    begin(tmp_path, server, objects).write_bytes(CONTENT + b"more")

    plan = make_plan(objects, tmp_path)
    outcomes = fetch_into(tmp_path, server.url, objects)

    assert plan.bytes_to_fetch == 3_145_728
    assert outcomes[SLIDE].status is FetchStatus.FETCHED
    assert (tmp_path / SLIDE).read_bytes() == CONTENT


def test_what_was_verified_is_kept_while_the_fetch_goes_on(
    server: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ground_truth.data_set.fetching.SAVE_EVERY_SECONDS", 0.0)
    server.put({SLIDE: CONTENT})
    store, state = open_bucket(BUCKET, server.url), load_verified(tmp_path / STATE_NAME)
    fetching = FetchContext(store, tmp_path, state, lambda _: None, threading.Event())
    outcomes = fetch_all(make_plan(objects_at(server.url), tmp_path), fetching)

    next(outcomes)
    next(outcomes, None)
    kept = load_verified(tmp_path / STATE_NAME)

    assert kept.fingerprints[f"md5:{SLIDE}"].digest == md5_of(CONTENT)


def test_a_file_that_another_fetch_finishes_meanwhile_is_left_alone(
    server: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)
    part = begin(tmp_path, server, objects)
    monkeypatch.setattr("fcntl.flock", lambda *_: part.replace(tmp_path / SLIDE))

    outcomes = fetch_into(tmp_path, server.url, objects)

    assert outcomes[SLIDE].reason == "another fetch has just finished it; run again"
    assert files_in(tmp_path) == [SLIDE]
