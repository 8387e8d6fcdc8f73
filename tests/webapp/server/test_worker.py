"""The real web server: what a slow client gets, and what everybody else notices of it."""

import json
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.arena import arena
from tests.slow_clients.attack import DEAD_FORM, HALF_HEAD, dead_upload
from tests.slow_clients.honest import ask_for, status_of, submission, upload_slowly
from tests.slow_clients.proof import site_of
from tests.webapp.people import World
from tests.webapp.server.real_server import (
    HOST,
    RealServer,
    close_all,
    is_closed,
    read_answer,
    running_server,
)

pytestmark = pytest.mark.processes

PAGE = b"GET /sign-in HTTP/1.1\r\n" + HOST + b"\r\n"
LARGE = b"GET /static/vendor/pico/pico.violet.min.css HTTP/1.1\r\n" + HOST + b"\r\n"
FORM = (
    b"POST /sign-out HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n"
)
FILE = b"0" * 200_000


def whole_upload(head: dict[str, str], body: bytes) -> bytes:
    """Return all bytes of a request that submits a file."""
    lines = [f"{name}: {value}" for name, value in head.items()]
    start = "\r\n".join(["POST /api/v1/submissions HTTP/1.1", "Host: 127.0.0.1", *lines])
    return f"{start}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("n_connections", [60, 200])
def test_slow_clients_of_one_address_slow_nobody_even_there(
    tmp_path: Path, n_connections: int
) -> None:
    with arena(tmp_path) as place:
        site = site_of(place, tmp_path)
        site.warm_up(2)
        measured = site.measure(n_connections, 8)

    assert [status for status, _ in measured.uploads] == [202] * 10, measured.uploads
    for seen in measured.pages.values():
        assert seen.failures == ()
        assert max(seen.seconds) < 1
    assert set(measured.statuses) <= {"408", "429"}


@pytest.mark.parametrize(
    "start",
    [b"", HALF_HEAD, DEAD_FORM, dead_upload(), PAGE + HALF_HEAD],
    ids=["nothing", "half head", "form", "upload", "second request"],
)
def test_whoever_sends_no_whole_request_is_told_so_and_leaves(
    hasty: RealServer, start: bytes
) -> None:
    with hasty.connect(start) as connection:
        if start.startswith(PAGE):
            assert read_answer(connection)[0] == 200
        began = time.monotonic()
        status, headers, body = read_answer(connection)

        assert time.monotonic() - began < 10
        assert status == 408
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["Connection"] == "close"
        assert json.loads(body)["errors"][0]["code"] == "request_timeout"
        assert is_closed(connection)


def test_a_head_that_comes_byte_by_byte_has_its_time_in_all(hasty: RealServer) -> None:
    began = time.monotonic()
    with hasty.connect(b"GET / HTTP/1.1\r\nX-Slow: ") as connection:
        connection.settimeout(0.2)
        answer = b""
        while not answer and time.monotonic() - began < 20:
            connection.sendall(b"a")
            try:
                answer = connection.recv(100)
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_an_upload_below_the_least_rate_is_ended_by_its_thread(
    tmp_path: Path, world: World
) -> None:
    sent = whole_upload(*submission(world.tokens["alice"], "lesions", "stops", FILE))
    with running_server(world, tmp_path, body_grace_seconds=2) as server:
        with server.connect(sent[:150_000]) as connection:
            status, headers, _ = read_answer(connection)

            assert status == 408
            assert headers["Connection"] == "close"
            assert is_closed(connection)

        assert not list(world.runtime.storage.partial_folder.iterdir())


def test_a_head_without_end_is_refused_before_it_fills_memory(hasty: RealServer) -> None:
    with hasty.connect(b"GET / HTTP/1.1\r\n" + b"X-Long: aaaa\r\n" * 6000) as connection:
        status, headers, _ = read_answer(connection)

    assert status == 431
    assert headers["Connection"] == "close"


def test_a_line_that_ends_otherwise_is_refused_at_once(hasty: RealServer) -> None:
    with hasty.connect(b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n") as connection:
        assert read_answer(connection)[0] == 400


def test_a_form_that_comes_in_pieces_is_read(hasty: RealServer) -> None:
    with hasty.connect(FORM + b"\r\n") as connection:
        for _ in range(20):
            connection.sendall(b"a")
            time.sleep(0.02)
        status, headers, _ = read_answer(connection)

    assert status == 400  # it lacks the form's token: the application has seen it
    assert headers["Connection"] == "keep-alive"


def test_a_body_is_asked_for_before_it_is_waited_for(hasty: RealServer) -> None:
    with hasty.connect(FORM + b"Expect: 100-continue\r\n\r\n") as connection:
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"a" * 20)
        assert read_answer(connection)[0] == 400


def test_a_body_that_breaks_off_is_for_the_application_to_refuse(hasty: RealServer) -> None:
    with hasty.connect(FORM + b"\r\nhalf") as connection:
        connection.shutdown(socket.SHUT_WR)
        status, _, body = read_answer(connection)

    assert status == 400
    assert b"could not read this as an HTTP" not in body


def test_requests_sent_at_once_are_answered_in_their_order(hasty: RealServer) -> None:
    health = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    last = b"GET /healthz HTTP/1.0\r\n\r\n"
    with hasty.connect(health * 3000 + PAGE + health + last) as connection:
        received = bytearray()
        while piece := connection.recv(65536):
            received += piece

    assert received.count(b"HTTP/1.1 200 OK") == 3003
    assert received.count(b"Connection: keep-alive") == 3002
    assert received.index(b"</html>") < received.rindex(b"Connection: close")


def test_a_client_that_still_sends_can_read_why_it_is_refused(hasty: RealServer) -> None:
    with hasty.connect(dead_upload()) as connection:
        for _ in range(500):
            connection.sendall(b"x" * 10_000)
        status, headers, _ = read_answer(connection)

    assert status == 401
    assert headers["Connection"] == "close"


def test_a_full_address_loses_its_slowest_connection_and_serves_the_newest(
    tmp_path: Path, world: World
) -> None:
    with running_server(world, tmp_path, connections_an_address=4) as server:
        slow = [server.connect(HALF_HEAD) for _ in range(4)]
        newest = status_of(server.port, "/sign-in")
        other = status_of(server.port, "/sign-in", source="127.0.0.2")
        status, headers, _ = read_answer(slow[0])
        close_all(slow)

    assert (newest, other) == ("200", "200")
    assert status == 429
    assert headers["Retry-After"] == "5"


def test_behind_a_proxy_the_addresses_that_it_names_are_counted(
    tmp_path: Path, world: World
) -> None:
    def form(address: str) -> bytes:
        return FORM + b"X-Forwarded-For: 192.0.2.9, %s\r\n\r\n" % address.encode()

    with running_server(
        world, tmp_path, connections_an_address=4, trusted_proxies=1, body_grace_seconds=60
    ) as server:
        neighbour = server.connect(form("203.0.113.8"))
        crowd = [server.connect(form("203.0.113.7")) for _ in range(5)]
        status, _, _ = read_answer(crowd[0])
        neighbour.sendall(b"a" * 20)
        answered, _, _ = read_answer(neighbour)
        page = status_of(server.port, "/sign-in")
        close_all([neighbour, *crowd])

    assert (status, answered, page) == (429, 400, "200")


def test_an_upload_waits_for_those_of_its_address(tmp_path: Path, world: World) -> None:
    first = whole_upload(*submission(world.tokens["alice"], "lesions", "first", FILE))
    second = whole_upload(*submission(world.tokens["charlie"], "lesions", "second", FILE))
    with (
        running_server(world, tmp_path, uploads_an_address=1) as server,
        server.connect(first[:150_000]) as early,
        server.connect(second) as late,
    ):
        late.settimeout(2)
        with pytest.raises(TimeoutError):
            late.recv(1)
        early.sendall(first[150_000:])
        late.settimeout(60)

        assert [read_answer(one)[0] for one in (early, late)] == [202, 202]


def test_clients_that_do_not_read_hold_no_thread_and_are_cut_off(
    tmp_path: Path, world: World
) -> None:
    with running_server(world, tmp_path, body_grace_seconds=3) as server:
        readers = []
        for _ in range(20):
            reader = socket.socket()
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.settimeout(60)
            reader.connect(("127.0.0.1", server.port))
            reader.sendall(LARGE * 300)
            readers.append(reader)
        status_of(server.port, "/sign-in")  # a first page costs more
        seen = ask_for(server.port, "/sign-in", 2)
        time.sleep(5)
        ends = [_read_to_the_end(reader) for reader in readers]

    assert seen.failures == ()
    assert max(seen.seconds) < 1
    assert all(end < 300 for end in ends)


def _read_to_the_end(reader: socket.socket) -> int:
    received = bytearray()
    with reader:
        try:
            while piece := reader.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
    return received.count(b"HTTP/1.1 200 OK")


def test_a_server_that_is_told_to_stop_finishes_what_it_receives(
    tmp_path: Path, world: World
) -> None:
    head, body = submission(world.tokens["alice"], "lesions", "last", FILE)
    with running_server(world, tmp_path) as server, ThreadPoolExecutor(1) as pool:
        upload = pool.submit(upload_slowly, server.port, head, body)
        time.sleep(2)
        server.tell(signal.SIGTERM)

        assert upload.result()[0] == 202
        assert server.process.wait(30) == 0


def test_a_rolling_restart_fails_no_request(tmp_path: Path, world: World) -> None:
    failures: list[str] = []
    is_over = threading.Event()

    def ask(port: int) -> None:
        while not is_over.is_set():
            status = status_of(port, "/sign-in")
            if status != "200":
                failures.append(status)

    with running_server(world, tmp_path) as server:
        asker = threading.Thread(target=ask, args=(server.port,))
        asker.start()
        for _ in range(2):
            time.sleep(1)
            server.tell(signal.SIGHUP)
        time.sleep(4)
        is_over.set()
        asker.join()

    assert failures == []
