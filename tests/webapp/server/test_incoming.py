import socket
import threading
from collections.abc import Iterator

import pytest

from webapp.server.incoming import Incoming, TooSlowError
from webapp.server.pace import LeastRate, Pace

LEAST = LeastRate(bytes_a_second=1000, grace_seconds=0.2)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    with ours, theirs:
        yield ours, theirs


def test_what_is_held_comes_piece_by_piece_and_then_the_end() -> None:
    incoming = Incoming(b"head")
    assert incoming.recv(100) == b"head"
    incoming.hold(b"body")

    assert [incoming.recv(3), incoming.recv(3), incoming.recv(3)] == [b"bod", b"y", b""]


def test_a_large_body_goes_on_from_the_socket(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    incoming = Incoming(b"")
    incoming.hold(b"first")
    incoming.read_on(ours, Pace(LEAST))
    theirs.sendall(b"then")
    theirs.shutdown(socket.SHUT_WR)

    assert [incoming.recv(100), incoming.recv(100), incoming.recv(100)] == [b"first", b"then", b""]


def test_a_body_that_stops_is_given_up(pair: tuple[socket.socket, socket.socket]) -> None:
    incoming = Incoming(b"")
    incoming.read_on(pair[0], Pace(LEAST))

    with pytest.raises(TooSlowError):
        incoming.recv(100)
    assert incoming.is_too_slow


def test_bytes_that_come_late_but_in_time_are_waited_for(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    incoming = Incoming(b"")
    incoming.read_on(pair[0], Pace(LeastRate(1, 30)))
    sender = threading.Timer(0.1, pair[1].sendall, [b"late"])
    sender.start()

    assert incoming.recv(100) == b"late"
    sender.join()
