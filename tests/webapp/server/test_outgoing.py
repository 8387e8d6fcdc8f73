import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.server.outgoing import HELD_BYTES, Outgoing
from webapp.server.pace import LeastRate

LEAST = LeastRate(bytes_a_second=1000, grace_seconds=0.2)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    with ours, theirs:
        yield ours, theirs


def test_an_answer_is_kept_until_it_is_flushed(pair: tuple[socket.socket, socket.socket]) -> None:
    outgoing = Outgoing(pair[0], LEAST)
    outgoing.sendall(b"one ")
    outgoing.send(b"answer")
    assert outgoing.is_pending

    assert outgoing.flush() == 10
    assert pair[1].recv(100) == b"one answer"
    assert (outgoing.is_pending, outgoing.held_bytes) == (False, 0)


def test_what_the_client_does_not_take_waits(pair: tuple[socket.socket, socket.socket]) -> None:
    outgoing = Outgoing(pair[0], LEAST)
    outgoing.sendall(b"x" * HELD_BYTES)
    sent = outgoing.flush()
    assert 0 < sent < HELD_BYTES
    assert outgoing.held_bytes == HELD_BYTES - sent

    received = 0
    while outgoing.is_pending:
        received += len(pair[1].recv(65536))
        outgoing.flush()
    pair[1].settimeout(0)
    while received < HELD_BYTES:
        received += len(pair[1].recv(65536))
    assert received == HELD_BYTES


def test_a_thread_far_ahead_of_a_client_that_does_not_read_gives_up(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    outgoing = Outgoing(pair[0], LEAST)

    with pytest.raises(BrokenPipeError):
        outgoing.sendall(b"x" * (4 * HELD_BYTES))
    assert outgoing.is_broken


def test_a_part_of_a_file_outlives_the_callers_handle(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    outgoing = Outgoing(pair[0], LEAST)
    outgoing.sendall(b"head ")
    with path.open("rb") as file:
        outgoing.sendfile(file, 2, 5)
    outgoing.sendall(b" tail")

    outgoing.flush()
    assert pair[1].recv(100) == b"head 23456 tail"
    assert not outgoing.is_broken


def test_a_file_that_became_shorter_breaks_the_answer_off(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"01234")
    outgoing = Outgoing(pair[0], LEAST)
    with path.open("rb") as file:
        outgoing.sendfile(file, 0, 10)

    outgoing.flush()
    assert outgoing.is_broken


def test_an_answer_is_replaced_only_before_it_begins(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    outgoing = Outgoing(pair[0], LEAST)
    outgoing.sendall(b"first thought")
    outgoing.replace(b"second")
    outgoing.flush()
    assert pair[1].recv(100) == b"second"

    outgoing.sendall(b"x")
    outgoing.replace(b"too late")
    assert outgoing.is_broken
    assert not outgoing.is_pending
