"""Lists the CAMELYON data sets in the open-data bucket on S3, without credentials."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ground_truth.data_set.checksums import LIST_LIMIT_BYTES, is_checksum_list, read_checksum_list
from ground_truth.data_set.contents import DataSet, Part
from ground_truth.data_set.layouts import PART_SUFFIX, classify
from ground_truth.data_set.paths import relative_path

if TYPE_CHECKING:
    from obstore.store import S3Store

BUCKET_NAME = "camelyon-dataset"
"""Registry of Open Data on AWS, entry "camelyon"; CC0."""

BUCKET_REGION = "us-west-2"

REQUEST_TIMEOUT = timedelta(minutes=2)
"""For one range of `ground_truth.data_set.fetching.RANGE_BYTES`: 140 kB/s is enough."""

_CONNECT_TIMEOUT = timedelta(seconds=20)
_RETRIES = 2
_RETRY_TIMEOUT = timedelta(minutes=3)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_MD5_TAG = re.compile(r'"?([0-9a-f]{32})"?')


class FetchError(Exception):
    """Something cannot be fetched; the message is for the person who asked for it."""


@dataclass(frozen=True, slots=True)
class BucketObject:
    """One object of a data set.

    Attributes
    ----------
    path : str
        Its key, which is also its path below the folder it is fetched into; checked to be safe.
    slide : str or None
        The slide it belongs to, None for what belongs to none.
    e_tag : str or None
        As the server gives it, with its quotes.
    listed_md5 : str or None
        Its md5 in the data set's published list.
    """

    path: str
    part: Part
    slide: str | None
    size_bytes: int
    e_tag: str | None
    listed_md5: str | None

    @property
    def md5(self) -> str | None:
        """The md5 that its content must have: the ETag where that is one, else the published one.

        The ETag of an object uploaded in pieces is no md5 of its content (it ends in ``-N``).
        """
        tag = _MD5_TAG.fullmatch(self.e_tag or "")
        return tag[1] if tag else self.listed_md5


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects of a data set in key order, and what was refused, in words."""

    objects: tuple[BucketObject, ...]
    refused: tuple[str, ...]


def open_bucket(name: str, endpoint: str | None) -> "S3Store":
    """Return an anonymous client of a bucket on AWS, or at the endpoint given.

    Raises
    ------
    FetchError
        Where the S3 client is not installed, or bucket or endpoint are malformed, at which the
        client itself would end the program.
    """
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise FetchError(
            "fetching needs the S3 client: pip install 'camelyon-leaderboard[s3]'"
        ) from error
    if not _BUCKET.fullmatch(name):
        raise FetchError(f"{name[:80]!r} is not the name of a bucket")
    if endpoint is not None and not _is_address(endpoint):
        raise FetchError(f"{endpoint[:120]!r} is no address: write http:// or https:// and a host")
    return S3Store(
        name,
        endpoint=endpoint or f"https://s3.{BUCKET_REGION}.amazonaws.com",
        region=BUCKET_REGION,
        skip_signature=True,
        client_options={
            "allow_http": (endpoint or "").startswith("http://"),
            "connect_timeout": _CONNECT_TIMEOUT,
            "timeout": REQUEST_TIMEOUT,
        },
        retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_TIMEOUT},
    )


def list_data_set(store: "S3Store", data_set: DataSet) -> Listing:
    """List a data set's objects, with their md5 as published beside them.

    Raises
    ------
    FetchError
        Where the bucket cannot be listed, or its listing has a path that leads out of its folder.
    """
    import obstore
    from obstore.exceptions import BaseError

    found: list[tuple[str, int, str | None]] = []
    try:
        for batch in obstore.list(store, prefix=data_set.folder):
            found += [(each["path"], each["size"], each["e_tag"]) for each in batch]
    except (BaseError, OSError, ValueError) as error:
        raise FetchError(f"the bucket cannot be listed: {first_line(error)}") from error
    published = _published_md5(store, data_set, [key for key, _, _ in found])
    objects, refused = [], []
    for key, size_bytes, e_tag in sorted(found):
        try:
            path = _object_path(key)
        except ValueError as error:
            refused.append(str(error))
            continue
        _, part, slide = classify(path) or (None, Part.REFERENCE, None)
        objects.append(BucketObject(key, part, slide, size_bytes, e_tag, published.get(key)))
    return Listing(tuple(objects), tuple(refused))


def select_objects(
    objects: Collection[BucketObject], parts: Collection[Part], pattern: str | None
) -> tuple[BucketObject, ...]:
    """Keep the objects of some parts whose slide matches a pattern, or that belong to no slide.

    ``pattern`` is one or more shell patterns with commas between them, as ``tumor_0*,test_001``,
    matched without regard to case.
    """
    patterns = [each.strip().casefold() for each in (pattern or "*").split(",")]
    return tuple(
        each
        for each in objects
        if each.part in parts
        and (each.slide is None or any(fnmatchcase(each.slide, one) for one in patterns))
    )


def first_line(error: Exception) -> str:
    """Return the first line of a client's message: the rest is a dump of its structures."""
    return str(error).partition("\n")[0].strip()[:300] or type(error).__name__


def _is_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        return bool(
            parts.scheme in {"http", "https"}
            and _HOST.fullmatch(parts.hostname or "")
            and parts.port != 0
        )
    except ValueError:
        return False


def _object_path(key: str) -> PurePosixPath:
    path = relative_path(key)
    if path.name.endswith(PART_SUFFIX) or any(part.startswith(".") for part in path.parts):
        raise ValueError(f"{key[:120]!r} is named like a file of this program's own")
    return path


def _published_md5(store: "S3Store", data_set: DataSet, keys: Iterable[str]) -> dict[str, str]:
    """Return the md5 of each key that a checksum list in the data set's own folder names."""
    import obstore
    from obstore.exceptions import BaseError

    published: dict[str, str] = {}
    for key in keys:
        folder, _, name = key.rpartition("/")
        if folder != data_set.folder or not is_checksum_list(name):
            continue
        try:
            content = bytes(obstore.get_range(store, key, start=0, length=LIST_LIMIT_BYTES))
        except (BaseError, OSError) as error:
            raise FetchError(f"{key} cannot be read: {first_line(error)}") from error
        listed = read_checksum_list(content, key).checksums
        published |= {f"{folder}/{c.path}": c.digest for c in listed if c.algorithm == "md5"}
    return published
