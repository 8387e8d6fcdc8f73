import fcntl
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ground_truth.bucket import BucketObject, list_data_set, open_bucket, select
from ground_truth.dataset_contents import CAMELYON16, Part
from ground_truth.fetching import (
    Fetched,
    Fetching,
    Status,
    fetch_all,
    lacks_space,
    make_plan,
)
from ground_truth.verification import STATE_NAME, load_verified
from tests.ground_truth.bucket_server import BUCKET, BucketServer, Proxy, bucket_server, md5_of

SLIDE = "CAMELYON16/images/tumor_001.tif"
CONTENT = bytes(range(256)) * 12288  # 3 MiB: three chunks of one range


@pytest.fixture(scope="module")
def running_server() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


@pytest.fixture
def server(running_server: BucketServer) -> BucketServer:
    running_server.empty()
    return running_server


def objects_at(url: str) -> tuple[BucketObject, ...]:
    return list_data_set(open_bucket(BUCKET, url), CAMELYON16).objects


def fetch_into(folder: Path, url: str, objects: tuple[BucketObject, ...]) -> dict[str, Fetched]:
    fetching = Fetching(
        store=open_bucket(BUCKET, url),
        folder=folder,
        state=load_verified(folder / STATE_NAME),
        advance=lambda _: None,
        stop=threading.Event(),
        pause_seconds=0.01,
    )
    return {each.path: each for each in fetch_all(make_plan(objects, folder), fetching)}


def files_in(folder: Path) -> list[str]:
    return sorted(
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and file.name != STATE_NAME
    )


def test_an_object_arrives_whole_and_verified_under_its_key(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes == {SLIDE: Fetched(SLIDE, Status.FETCHED)}
    assert (tmp_path / SLIDE).read_bytes() == CONTENT
    assert files_in(tmp_path) == [SLIDE]


def test_fetching_twice_moves_nothing_the_second_time(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)
    fetch_into(tmp_path, server.url, objects)

    with Proxy(server.port).running() as proxy:
        outcomes = fetch_into(tmp_path, proxy.url, objects)

    assert outcomes[SLIDE].status is Status.HERE
    assert proxy.answered_bytes == 0


def test_connections_that_break_are_taken_up_where_they_broke(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)

    with Proxy(server.port, cut_after=[1_500_000, 700_000]).running() as proxy:
        outcomes = fetch_into(tmp_path, proxy.url, objects)

    assert outcomes[SLIDE].status is Status.FETCHED
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

    assert broken[SLIDE].status is Status.FAILED
    assert "broke off" in str(broken[SLIDE].reason)
    assert [name.startswith(f"{SLIDE}.") and name.endswith(".part") for name in unfinished] == [
        True
    ]
    assert outcomes[SLIDE].status is Status.FETCHED
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

    assert damaged[SLIDE].status is Status.FAILED
    assert md5_of(CONTENT) in str(damaged[SLIDE].reason)
    assert after_damage == []
    assert again[SLIDE].status is Status.FETCHED


def test_an_object_in_pieces_is_compared_with_the_published_list(
    server: BucketServer, tmp_path: Path
) -> None:
    content = os.urandom(6 * 2**20)
    line = f"{md5_of(content)} *images/tumor_001.tif\n"
    server.put({SLIDE: content}, in_pieces=True)
    server.put({"CAMELYON16/checksums.md5": line.encode()})

    objects = objects_at(server.url)
    outcomes = fetch_into(tmp_path, server.url, objects)

    slide = next(each for each in objects if each.slide)
    assert str(slide.e_tag).endswith('-2"')
    assert outcomes[SLIDE].status is Status.FETCHED


def test_an_object_in_pieces_that_the_published_list_contradicts_is_refused(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: os.urandom(6 * 2**20)}, in_pieces=True)
    server.put({"CAMELYON16/checksums.md5": f"{'0' * 32}  images/tumor_001.tif\n".encode()})

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes[SLIDE].status is Status.FAILED
    assert not (tmp_path / SLIDE).exists()


def test_an_object_in_pieces_without_a_list_is_said_to_be_right_in_size_only(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: os.urandom(6 * 2**20)}, in_pieces=True)

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes[SLIDE].status is Status.SIZE_ONLY


def test_an_object_that_was_replaced_after_listing_is_not_mixed_with_its_successor(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)
    server.put({SLIDE: CONTENT[::-1]})

    outcomes = fetch_into(tmp_path, server.url, objects)

    assert outcomes[SLIDE].status is Status.FAILED
    assert "replaced" in str(outcomes[SLIDE].reason)
    assert not (tmp_path / SLIDE).exists()


def test_a_server_that_gives_no_etags_serves_too(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: CONTENT})
    (listed,) = objects_at(server.url)

    outcomes = fetch_into(tmp_path, server.url, (replace(listed, e_tag=None),))

    assert outcomes[SLIDE].status is Status.SIZE_ONLY
    assert (tmp_path / SLIDE).read_bytes() == CONTENT


def test_the_rest_of_an_older_version_is_dropped(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: CONTENT})
    with Proxy(server.port, cut_after=[2_500_000] + [0] * 60).running() as proxy:
        fetch_into(tmp_path, proxy.url, objects_at(server.url))
    server.put({SLIDE: CONTENT[::-1]})

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes[SLIDE].status is Status.FETCHED
    assert (tmp_path / SLIDE).read_bytes() == CONTENT[::-1]
    assert files_in(tmp_path) == [SLIDE]


def test_a_failed_object_does_not_stop_the_others(server: BucketServer, tmp_path: Path) -> None:
    keys = [f"CAMELYON16/images/normal_{n:03d}.tif" for n in range(1, 8)]
    server.put(dict.fromkeys(keys, b"II*\0slide"))
    (tmp_path / keys[3]).mkdir(parents=True)

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert [key for key in keys if outcomes[key].status is Status.FAILED] == [keys[3]]
    assert files_in(tmp_path) == [key for key in keys if key != keys[3]]


@pytest.mark.parametrize("content", [b"short", b"I" * len(CONTENT)], ids=["size", "md5"])
def test_a_file_of_ones_own_in_the_way_is_left_alone_and_named(
    server: BucketServer, tmp_path: Path, content: bytes
) -> None:
    server.put({SLIDE: CONTENT})
    (tmp_path / SLIDE).parent.mkdir(parents=True)
    (tmp_path / SLIDE).write_bytes(content)

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes[SLIDE].status is Status.FAILED
    assert "move it away" in str(outcomes[SLIDE].reason)
    assert (tmp_path / SLIDE).read_bytes() == content


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

    assert outcomes[SLIDE].status is Status.FAILED
    assert elsewhere.read_bytes() == b"precious"


def test_a_plan_counts_what_is_still_to_come(server: BucketServer, tmp_path: Path) -> None:
    other = "CAMELYON16/images/tumor_002.tif"
    server.put({SLIDE: CONTENT, other: CONTENT})
    objects = objects_at(server.url)
    one = select(objects, frozenset(Part), "tumor_001")
    fetch_into(tmp_path, server.url, one)

    plan = make_plan(objects, tmp_path)

    assert [each.path for each in plan.here] == [SLIDE]
    assert [each.path for each in plan.to_fetch] == [other]
    assert plan.bytes_to_fetch == 3_145_728


def test_a_plan_larger_than_the_disk_lacks_space(tmp_path: Path) -> None:
    huge = BucketObject(SLIDE, Part.IMAGES, "tumor_001", 2**60, None, None)

    lacking = lacks_space(make_plan([huge], tmp_path), tmp_path / "not" / "yet")

    assert 2**59 < lacking < 2**60


def test_an_interrupted_fetch_ends_at_once_and_keeps_what_came(
    server: BucketServer, tmp_path: Path
) -> None:
    keys = [f"CAMELYON16/images/normal_{n:03d}.tif" for n in range(1, 20)]
    server.put(dict.fromkeys(keys, CONTENT))
    objects = objects_at(server.url)
    store, state = open_bucket(BUCKET, server.url), load_verified(tmp_path / STATE_NAME)
    fetching = Fetching(store, tmp_path, state, lambda _: None, threading.Event())
    outcomes = fetch_all(make_plan(objects, tmp_path), fetching)

    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined] # a generator, as KeyboardInterrupt closes it
    left = make_plan(objects, tmp_path)

    assert 0 < len(left.to_fetch) < 19
    assert fetch_into(tmp_path, server.url, objects).keys() == set(keys)
    assert files_in(tmp_path) == keys


def begin(folder: Path, server: BucketServer, objects: tuple[BucketObject, ...]) -> Path:
    """Fetch until the connection breaks, and return the unfinished file."""
    with Proxy(server.port, cut_after=[2_500_000] + [0] * 60).running() as proxy:
        fetch_into(folder, proxy.url, objects)
    return folder / files_in(folder)[0]


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
    assert outcomes[SLIDE].status is Status.FETCHED
    assert (tmp_path / SLIDE).read_bytes() == CONTENT


def test_an_object_shorter_than_listed_is_refused(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: CONTENT})
    (listed,) = objects_at(server.url)

    outcomes = fetch_into(tmp_path, server.url, (replace(listed, size_bytes=4_000_000),))

    assert outcomes[SLIDE].reason == ("the server sent bytes (0, 3145728) instead of (0, 4000000)")


def test_a_file_here_without_a_known_md5_is_right_in_size_only(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: os.urandom(6 * 2**20)}, in_pieces=True)
    objects = objects_at(server.url)
    fetch_into(tmp_path, server.url, objects)

    outcomes = fetch_into(tmp_path, server.url, objects)

    assert outcomes[SLIDE].status is Status.SIZE_ONLY


def test_what_was_verified_is_kept_while_the_fetch_goes_on(
    server: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ground_truth.fetching.SAVE_EVERY_SECONDS", 0.0)
    server.put({SLIDE: CONTENT})
    store, state = open_bucket(BUCKET, server.url), load_verified(tmp_path / STATE_NAME)
    fetching = Fetching(store, tmp_path, state, lambda _: None, threading.Event())
    outcomes = fetch_all(make_plan(objects_at(server.url), tmp_path), fetching)

    next(outcomes)
    next(outcomes, None)
    kept = load_verified(tmp_path / STATE_NAME)

    assert kept.fingerprints[f"md5:{SLIDE}"].digest == md5_of(CONTENT)
