import socket
from collections.abc import Iterator

import pytest

from webapp.server.admission import Admission
from webapp.server.client import Client, State
from webapp.server.limits import HELD_IN_ALL_BYTES, Limits
from webapp.server.pace import LeastRate

LEAST = LeastRate(1024, 10)


@pytest.fixture
def admission() -> Admission:
    return Admission(
        Limits(
            header_seconds=10,
            least_rate=LEAST,
            connections_an_address=2,
            uploads_an_address=1,
            n_proxies=0,
        )
    )


@pytest.fixture
def clients() -> Iterator[list[Client]]:
    with socket.socket() as sock:
        yield [Client(sock, ("192.0.2.1", 1), None, LEAST, began) for began in (1.0, 2.0, 3.0)]


def test_a_full_address_takes_nobody_until_somebody_leaves(
    admission: Admission, clients: list[Client]
) -> None:
    first, second, third = clients

    assert [admission.seat(one, "192.0.2.1") for one in clients] == [True, True, False]
    assert admission.seat(third, "192.0.2.2")
    assert admission.first_to_go_at("192.0.2.1") is first
    assert admission.first_to_go_at("192.0.2.3") is None
    admission.leave_seat(first)
    assert admission.first_to_go_at("192.0.2.1") is second


def test_uploads_of_an_address_are_called_one_after_another(
    admission: Admission, clients: list[Client]
) -> None:
    first, second, third = clients
    for one, address in ((first, "a"), (second, "a"), (third, "b")):
        admission.seat(one, address)
        admission.join_line(one)

    assert admission.called() == [first, third]
    assert admission.called() == []
    assert not admission.end_upload(second)
    assert admission.end_upload(first)
    assert admission.called() == [second]


def test_whoever_leaves_the_line_is_not_called(admission: Admission, clients: list[Client]) -> None:
    admission.join_line(clients[0])
    admission.leave_line(clients[0])

    assert admission.called() == []


def test_the_slowest_readers_are_cut_off_until_the_others_fit(
    admission: Admission, clients: list[Client]
) -> None:
    for one in clients:
        one.state = State.SENDING
        one.outgoing.held_bytes = HELD_IN_ALL_BYTES // 2
    assert admission.readers_too_many(clients) == [clients[0]]

    clients[0].state = State.SERVED
    assert admission.readers_too_many(clients) == [clients[1]]
