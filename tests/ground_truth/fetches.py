"""Fetches from the test server into a folder, as the command does."""

import threading
from pathlib import Path

from ground_truth.data_set.bucket import BucketObject, list_data_set, open_bucket
from ground_truth.data_set.contents import CAMELYON16
from ground_truth.data_set.fetching import FetchContext, FetchOutcome, fetch_all, make_plan
from ground_truth.data_set.verification import STATE_NAME, load_verified
from tests.ground_truth.bucket_server import BUCKET, BucketServer, Proxy

SLIDE = "CAMELYON16/images/tumor_001.tif"
CONTENT = bytes(range(256)) * 12288  # 3 MiB: three chunks of one range


def objects_at(url: str) -> tuple[BucketObject, ...]:
    """Return what the server has of CAMELYON16."""
    return list_data_set(open_bucket(BUCKET, url), CAMELYON16).objects


def fetch_into(
    folder: Path, url: str, objects: tuple[BucketObject, ...]
) -> dict[str, FetchOutcome]:
    """Fetch objects as one run does, with short pauses, and return the outcomes by path."""
    fetching = FetchContext(
        store=open_bucket(BUCKET, url),
        folder=folder,
        state=load_verified(folder / STATE_NAME),
        advance=lambda _: None,
        stop=threading.Event(),
        pause_seconds=0.01,
    )
    return {each.path: each for each in fetch_all(make_plan(objects, folder), fetching)}


def files_in(folder: Path) -> list[str]:
    """Return the names of all files below a folder, the state file aside."""
    return sorted(
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and file.name != STATE_NAME
    )


def begin(folder: Path, server: BucketServer, objects: tuple[BucketObject, ...]) -> Path:
    """Fetch until the connection breaks, and return the unfinished file."""
    with Proxy(server.port, cut_after=[2_500_000] + [0] * 60).running() as proxy:
        fetch_into(folder, proxy.url, objects)
    return folder / files_in(folder)[0]
