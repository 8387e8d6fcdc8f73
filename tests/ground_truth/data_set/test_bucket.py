import sys
from collections.abc import Iterator

import pytest

from ground_truth.data_set.bucket import (
    BucketObject,
    FetchError,
    list_data_set,
    open_bucket,
    select_objects,
)
from ground_truth.data_set.contents import CAMELYON16, CAMELYON17, Part
from tests.ground_truth.bucket_server import BUCKET, BucketServer, bucket_server, md5_of

KEYS = (
    "CAMELYON16/README.md",
    "CAMELYON16/annotations/test_001.xml",
    "CAMELYON16/annotations/tumor_001.xml",
    "CAMELYON16/background_tissue/tumor_001_tissue.tif",
    "CAMELYON16/evaluation/reference.csv",
    "CAMELYON16/images/tumor_001.tif",
    "CAMELYON16/masks/tumor_001_mask.tif",
)


@pytest.fixture(scope="module")
def running_server() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


@pytest.fixture
def server(running_server: BucketServer) -> BucketServer:
    running_server.empty()
    return running_server


def object_of(e_tag: str | None, listed_md5: str | None = None) -> BucketObject:
    return BucketObject("CAMELYON16/x", Part.REFERENCE, None, 1, e_tag, listed_md5)


def test_a_listing_sorts_objects_by_part_and_slide(server: BucketServer) -> None:
    server.put(dict.fromkeys([*KEYS, "CAMELYON17/README.md"], b"x"))

    listing = list_data_set(open_bucket(BUCKET, server.url), CAMELYON16)

    assert [(each.path, each.part, each.slide) for each in listing.objects] == [
        (KEYS[0], Part.REFERENCE, None),
        (KEYS[1], Part.ANNOTATIONS, "test_001"),
        (KEYS[2], Part.ANNOTATIONS, "tumor_001"),
        (KEYS[3], Part.TISSUE, "tumor_001"),
        (KEYS[4], Part.REFERENCE, None),
        (KEYS[5], Part.IMAGES, "tumor_001"),
        (KEYS[6], Part.MASKS, "tumor_001"),
    ]
    assert listing.refused == ()


def test_the_published_md5_comes_with_each_object(server: BucketServer) -> None:
    server.put(
        {
            "CAMELYON17/stages.csv": b"x",
            "CAMELYON17/checksums.md5": f"{md5_of(b'y')} *stages.csv\n".encode(),
        }
    )

    listing = list_data_set(open_bucket(BUCKET, server.url), CAMELYON17)

    assert {each.path: each.listed_md5 for each in listing.objects} == {
        "CAMELYON17/checksums.md5": None,
        "CAMELYON17/stages.csv": md5_of(b"y"),
    }


@pytest.mark.parametrize(
    "key",
    [
        "CAMELYON16/a\\..\\b.txt",
        "CAMELYON16/images/tumor_001.tif.0123456789ab.part",
        "CAMELYON16/.camelyon-verified.json",
    ],
)
def test_a_key_unfit_to_be_a_path_is_refused_and_the_others_count(
    server: BucketServer, key: str
) -> None:
    server.put({"CAMELYON16/README.md": b"x", key: b"x"})

    listing = list_data_set(open_bucket(BUCKET, server.url), CAMELYON16)

    assert [each.path for each in listing.objects] == ["CAMELYON16/README.md"]
    assert len(listing.refused) == 1


@pytest.mark.parametrize("key", ["CAMELYON16/../../escaped.txt", "CAMELYON16/a%1B[2J.txt"])
def test_a_listing_with_a_key_that_climbs_out_or_controls_a_terminal_is_refused_whole(
    server: BucketServer, key: str
) -> None:
    server.put({"CAMELYON16/README.md": b"x"})
    server.put_unsafe(key, b"x")

    with pytest.raises(FetchError, match="invalid path"):
        list_data_set(open_bucket(BUCKET, server.url), CAMELYON16)


def test_a_bucket_that_is_not_there_is_said_in_one_line(server: BucketServer) -> None:
    with pytest.raises(FetchError, match="cannot be listed") as failure:
        list_data_set(open_bucket("no-such-bucket", server.url), CAMELYON16)

    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "no address",
        "",
        "ftp://host",
        "http://",
        "http://a b/",
        "http://127.0.0.1:99999",
        "http://[",
    ],
)
def test_an_address_that_is_none_is_said(endpoint: str) -> None:
    with pytest.raises(FetchError, match="is no address"):
        open_bucket(BUCKET, endpoint)


@pytest.mark.parametrize("name", ["", "a b", "../x", "UPPER"])
def test_a_name_no_bucket_can_have_is_said(name: str) -> None:
    with pytest.raises(FetchError, match="is not the name of a bucket"):
        open_bucket(name, None)


def test_a_published_list_that_cannot_be_read_is_said(server: BucketServer) -> None:
    server.put_private("CAMELYON16/checksums.md5", b"x")

    with pytest.raises(FetchError, match=r"checksums\.md5 cannot be read"):
        list_data_set(open_bucket(BUCKET, server.url), CAMELYON16)


def test_without_the_client_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)

    with pytest.raises(FetchError, match=r"pip install 'camelyon-leaderboard\[s3\]'"):
        open_bucket(BUCKET, None)


@pytest.mark.parametrize(
    ("e_tag", "listed", "md5"),
    [
        (f'"{"a" * 32}"', "b" * 32, "a" * 32),
        (f'"{"a" * 32}-2"', "b" * 32, "b" * 32),
        (f'"{"a" * 32}-2"', None, None),
        (None, None, None),
    ],
)
def test_the_md5_is_the_etags_where_it_is_one_else_the_published(
    e_tag: str | None, listed: str | None, md5: str | None
) -> None:
    assert object_of(e_tag, listed).md5 == md5


@pytest.mark.parametrize(
    ("parts", "pattern", "paths"),
    [
        (frozenset(Part), None, KEYS),
        (frozenset({Part.ANNOTATIONS}), None, KEYS[1:3]),
        (frozenset({Part.ANNOTATIONS}), "tumor_0*", KEYS[2:3]),
        (frozenset({Part.ANNOTATIONS, Part.REFERENCE}), "TEST_*", (KEYS[0], KEYS[1], KEYS[4])),
        (frozenset({Part.IMAGES}), "test_001, tumor_001", KEYS[5:6]),
        (frozenset({Part.IMAGES}), "normal_*", ()),
    ],
)
def test_objects_are_chosen_by_part_and_slide(
    server: BucketServer, parts: frozenset[Part], pattern: str | None, paths: tuple[str, ...]
) -> None:
    server.put(dict.fromkeys(KEYS, b"x"))
    objects = list_data_set(open_bucket(BUCKET, server.url), CAMELYON16).objects

    chosen = select_objects(objects, parts, pattern)

    assert tuple(each.path for each in chosen) == paths
