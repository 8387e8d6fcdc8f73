import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ground_truth.data_set.bucket import BucketObject, select_objects
from ground_truth.data_set.contents import Part
from ground_truth.data_set.fetching import (
    FetchOutcome,
    FetchStatus,
    make_plan,
    missing_space_bytes,
)
from tests.ground_truth.bucket_server import BucketServer, Proxy, bucket_server, md5_of
from tests.ground_truth.fetches import CONTENT, SLIDE, fetch_into, files_in, objects_at


@pytest.fixture(scope="module")
def running_server() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


@pytest.fixture
def server(running_server: BucketServer) -> BucketServer:
    running_server.empty()
    return running_server


def test_an_object_arrives_whole_and_verified_under_its_key(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: CONTENT})

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes == {SLIDE: FetchOutcome(SLIDE, FetchStatus.FETCHED)}
    assert (tmp_path / SLIDE).read_bytes() == CONTENT
    assert files_in(tmp_path) == [SLIDE]


def test_fetching_twice_moves_nothing_the_second_time(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: CONTENT})
    objects = objects_at(server.url)
    fetch_into(tmp_path, server.url, objects)

    with Proxy(server.port).running() as proxy:
        outcomes = fetch_into(tmp_path, proxy.url, objects)

    assert outcomes[SLIDE].status is FetchStatus.HERE
    assert proxy.answered_bytes == 0


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
    assert outcomes[SLIDE].status is FetchStatus.FETCHED


def test_an_object_in_pieces_that_the_published_list_contradicts_is_refused(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: os.urandom(6 * 2**20)}, in_pieces=True)
    server.put({"CAMELYON16/checksums.md5": f"{'0' * 32}  images/tumor_001.tif\n".encode()})

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes[SLIDE].status is FetchStatus.FAILED
    assert not (tmp_path / SLIDE).exists()


def test_an_object_in_pieces_without_a_list_is_said_to_be_right_in_size_only(
    server: BucketServer, tmp_path: Path
) -> None:
    server.put({SLIDE: os.urandom(6 * 2**20)}, in_pieces=True)

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes[SLIDE].status is FetchStatus.SIZE_ONLY


def test_a_server_that_gives_no_etags_serves_too(server: BucketServer, tmp_path: Path) -> None:
    server.put({SLIDE: CONTENT})
    (listed,) = objects_at(server.url)

    outcomes = fetch_into(tmp_path, server.url, (replace(listed, e_tag=None),))

    assert outcomes[SLIDE].status is FetchStatus.SIZE_ONLY
    assert (tmp_path / SLIDE).read_bytes() == CONTENT


def test_a_failed_object_does_not_stop_the_others(server: BucketServer, tmp_path: Path) -> None:
    keys = [f"CAMELYON16/images/normal_{n:03d}.tif" for n in range(1, 8)]
    server.put(dict.fromkeys(keys, b"II*\0slide"))
    (tmp_path / keys[3]).mkdir(parents=True)

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert [key for key in keys if outcomes[key].status is FetchStatus.FAILED] == [keys[3]]
    assert files_in(tmp_path) == [key for key in keys if key != keys[3]]


@pytest.mark.parametrize("content", [b"short", b"I" * len(CONTENT)], ids=["size", "md5"])
def test_a_file_of_ones_own_in_the_way_is_left_alone_and_named(
    server: BucketServer, tmp_path: Path, content: bytes
) -> None:
    server.put({SLIDE: CONTENT})
    (tmp_path / SLIDE).parent.mkdir(parents=True)
    (tmp_path / SLIDE).write_bytes(content)

    outcomes = fetch_into(tmp_path, server.url, objects_at(server.url))

    assert outcomes[SLIDE].status is FetchStatus.FAILED
    assert "move it away" in str(outcomes[SLIDE].reason)
    assert (tmp_path / SLIDE).read_bytes() == content


def test_a_plan_counts_what_is_still_to_come(server: BucketServer, tmp_path: Path) -> None:
    other = "CAMELYON16/images/tumor_002.tif"
    server.put({SLIDE: CONTENT, other: CONTENT})
    objects = objects_at(server.url)
    one = select_objects(objects, frozenset(Part), "tumor_001")
    fetch_into(tmp_path, server.url, one)

    plan = make_plan(objects, tmp_path)

    assert [each.path for each in plan.here] == [SLIDE]
    assert [each.path for each in plan.to_fetch] == [other]
    assert plan.bytes_to_fetch == 3_145_728


def test_a_plan_larger_than_the_disk_lacks_space(tmp_path: Path) -> None:
    huge = BucketObject(SLIDE, Part.IMAGES, "tumor_001", 2**60, None, None)

    lacking = missing_space_bytes(make_plan([huge], tmp_path), tmp_path / "not" / "yet")

    assert 2**59 < lacking < 2**60


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

    assert outcomes[SLIDE].status is FetchStatus.SIZE_ONLY
