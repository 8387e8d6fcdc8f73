"""Checks how the real web server treats requests that the application never reads."""

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from webapp.processes.programs import web, with_own_packages

pytestmark = pytest.mark.processes

HEAD = b"Host: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve the application without a database, a broker or a home."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    environment = with_own_packages(
        {
            "CAMELYON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
            "CAMELYON_DATABASE_URL": f"sqlite:///{folder / 'none.sqlite3'}",
            "CAMELYON_REDIS_URL": "redis://127.0.0.1:1/0",
            "CAMELYON_BLOB_DIR": str(folder / "blobs"),
        }
    )
    command = web(f"127.0.0.1:{number}").command
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
        wait_for(number)
        yield number
        server.terminate()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the web server did not start")


def send(port: int, request: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Send bytes as they are and return the answer's status, headers and body."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        with closing(http.client.HTTPResponse(connection)) as answer:
            answer.begin()
            return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"POST /api/v1/submissions HTTP/1.1\r\n%sContent-Length: x\r\n\r\n", 400, "bad_request"),
        (b"POST /api/v1/submissions HTTP/1.1\r\n%sContent-Length: -1\r\n\r\n", 400, "bad_request"),
        (
            b"POST / HTTP/1.1\r\n%sContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            400,
            "bad_request",
        ),
        (
            b"POST / HTTP/1.1\r\n%sContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
            "bad_request",
        ),
        (b"\x16\x03\x01<script>\r\n%s\r\n", 400, "bad_request"),
        (
            b"GET / HTTP/1.1\r\n%sX-Long: " + b"a" * 20_000 + b"\r\n\r\n",
            431,
            "request_header_fields_too_large",
        ),
        (b"GET /?" + b"a" * 10_000 + b" HTTP/1.1\r\n%s\r\n", 414, "request_uri_too_long"),
    ],
)
def test_what_is_no_http_is_refused_as_a_problem_that_repeats_nothing(
    port: int, request_bytes: bytes, status: int, code: str
) -> None:
    answered, headers, body = send(port, request_bytes.replace(b"%s", HEAD))

    assert answered == status
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Connection"] == "close"
    assert headers["X-Content-Type-Options"] == "nosniff"
    problem = json.loads(body)
    assert (problem["status"], problem["errors"][0]["code"]) == (status, code)
    assert b"script" not in body


@pytest.mark.parametrize(("size", "connection"), [(1000, "keep-alive"), (100_000, "close")])
def test_a_client_is_told_when_an_unread_body_ends_the_connection(
    port: int, size: int, connection: str
) -> None:
    start = b"POST /api/v1/submissions HTTP/1.1\r\n" + HEAD

    status, headers, _ = send(port, start + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)

    assert status == 401
    assert headers["Connection"] == connection


def test_a_client_that_sends_megabytes_before_it_reads_gets_its_refusal(port: int) -> None:
    size = 20_000_000
    start = b"POST /api/v1/submissions HTTP/1.1\r\n" + HEAD

    status, _, body = send(port, start + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)

    assert status == 401
    assert json.loads(body)["status"] == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Origin: http://127.0.0.1\r\n", 400),  # our own, but without the form's token
        (b"Origin: https://127.0.0.1\r\nX-Forwarded-Proto: https\r\n", 403),
        (b"Origin: http://127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Ssl: on\r\n", 400),
    ],
)
def test_whoever_asks_from_this_machine_is_no_trusted_proxy(
    port: int, headers: bytes, status: int
) -> None:
    request = b"POST /sign-out HTTP/1.1\r\n" + HEAD + headers + b"Content-Length: 0\r\n\r\n"

    answered, _, body = send(port, request)

    assert answered == status
    assert b"could not read" not in body


def test_nobody_says_under_which_path_the_service_lies(port: int) -> None:
    request = b"GET /sign-in HTTP/1.1\r\n" + HEAD + b"SCRIPT_NAME: /elsewhere\r\n\r\n"

    status, _, body = send(port, request)

    assert status == 200
    assert b"elsewhere" not in body
