"""Checks that arriving files lie beside the stored ones, and that a full disk is reported."""

import io
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from typing_extensions import Buffer
from werkzeug.test import TestResponse

from tests.webapp.http.test_identity import age_all
from tests.webapp.people import GOOD_SLIDES, World, csrf_token, make_world

API = "/api/v1/submissions"

LARGE_FILE = b"slide,confidence\n" + b"x" * 1_000_000
MORE_THAN_ANY_DISK_MIB = 1024 * 1024
FREE_BYTES = 800_000
"""Larger than the database of a test, smaller than the file."""


@contextmanager
def nearly_full_disk() -> Iterator[None]:
    """Make the kernel refuse to write any file beyond this size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FREE_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class WatchedBody(io.BytesIO):
    """A body that calls a function while it is read."""

    def __init__(self, content: bytes, look: Callable[[], None]) -> None:
        super().__init__(content)
        self._look = look

    def readinto(self, buffer: Buffer, /) -> int:
        """Call the function, then read."""
        self._look()
        return super().readinto(buffer)


def open_files_below(folder: Path) -> int:
    """Count this process's open files in a folder, those without a name included."""
    links = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sum(str(target).startswith(str(folder)) for target in links)


def body_of(file: bytes, **fields: str) -> bytes:
    """Return a form with a file, as bytes: the test client would put them on the disk itself."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    return b"".join([*parts, head, file, b"\r\n--x--\r\n"])


def send(client: FlaskClient, path: str, body: io.BytesIO, **more: Any) -> TestResponse:
    return client.post(
        path,
        input_stream=body,
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(len(body.getvalue()))},
        **more,
    )


def test_a_file_lies_on_the_disk_of_the_stored_ones_while_it_arrives(world: World) -> None:
    folder = world.runtime.storage.partial_folder
    found: list[int] = []
    body = WatchedBody(body_of(LARGE_FILE), lambda: found.append(open_files_below(folder)))

    send(world.app.test_client(), API, body, headers=world.bearer("alice"))

    assert found[0] == 0
    assert max(found) == 1
    assert list(folder.iterdir()) == []


def test_a_disk_that_fills_while_a_file_arrives_is_told_in_plain_words(world: World) -> None:
    alice, bearer = world.browser("alice"), world.bearer("alice")
    form = body_of(LARGE_FILE, csrf_token=csrf_token(alice))

    with nearly_full_disk():
        page = send(alice, "/phases/slides/submit", io.BytesIO(form))
        answer = send(
            world.app.test_client(),
            API,
            io.BytesIO(body_of(LARGE_FILE, phase="slides")),
            headers=bearer,
        )

    assert page.status_code == 507
    assert "no room for this file" in page.get_data(as_text=True)
    assert answer.status_code == 507
    assert answer.json is not None
    assert answer.json["errors"][0]["code"] == "storage_full"
    assert list(world.runtime.storage.list_blobs()) == []


def test_a_file_that_does_not_fit_is_refused_before_it_is_read(
    tmp_path: Path, template: World
) -> None:
    world = make_world(tmp_path, template=template, disk_reserve_mib=MORE_THAN_ANY_DISK_MIB)
    alice, token = world.browser("alice"), csrf_token(world.browser("alice"))
    read: list[int] = []
    body = WatchedBody(body_of(LARGE_FILE, csrf_token=token), lambda: read.append(1))

    page = send(alice, "/phases/lesions/submit", body)
    answer = send(world.app.test_client(), API, body, headers=world.bearer("alice"))
    unknown = send(world.app.test_client(), API, body)

    assert (page.status_code, answer.status_code, unknown.status_code) == (507, 507, 401)
    assert "no room for this file" in page.get_data(as_text=True)
    assert answer.json is not None
    assert answer.json["errors"][0]["code"] == "storage_full"
    assert read == []


def test_only_files_need_room_on_the_disk_of_the_files(tmp_path: Path, template: World) -> None:
    world = make_world(tmp_path, template=template, disk_reserve_mib=MORE_THAN_ANY_DISK_MIB)

    alice = world.browser("alice")  # signs in

    assert alice.get("/team").status_code == 200


def test_a_database_without_room_refuses_files_and_goes_on_reading(world: World) -> None:
    alice = world.browser("alice")
    age_all(world, minutes=10)  # so that every reader's last use is due to be noted
    event.listen(world.runtime.engine, "connect", allow_no_new_page)
    world.runtime.engine.dispose()  # so that every connection is made anew

    answer = world.app.test_client().post(
        API,
        headers=world.bearer("alice"),
        data={
            "phase": "slides",
            "description": "longer than a page of the database " * 140,
            "file": (io.BytesIO(GOOD_SLIDES), "slides.csv"),
        },
    )

    assert answer.status_code == 507
    for path in ("/", "/phases/slides", "/phases/slides/leaderboard", "/submissions", "/team"):
        assert alice.get(path).status_code == 200
    for path in ("/me", "/submissions", "/phases", "/phases/slides/leaderboard"):
        read = world.browser().get(f"/api/v1{path}", headers=world.bearer("alice"))
        assert read.status_code == 200


def allow_no_new_page(connection: sqlite3.Connection, record: object) -> None:
    """Keep the database from growing, as a full disk does."""
    del record
    n_pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {n_pages}")
