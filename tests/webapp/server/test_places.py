import socket
from collections.abc import Iterator

import pytest

from webapp.server.client import Client, State
from webapp.server.pace import LeastRate
from webapp.server.places import Places, counted_address, first_to_go, slowest_reader

LEAST = LeastRate(1024, 10)


@pytest.fixture(autouse=True)
def _at_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.server.places.time.monotonic", lambda: 10.0)


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with socket.socket() as one:
        yield one


def client(
    sock: socket.socket,
    state: State,
    *,
    began: float = 0,
    arrived_bytes: int = 0,
    seat: str | None = "a",
) -> Client:
    one = Client(sock, ("192.0.2.1", 1), None, LEAST, began)
    one.state, one.arrived_bytes, one.seat = state, arrived_bytes, seat
    return one


def test_an_address_has_its_places_and_all_have_theirs() -> None:
    few = Places(an_address=2, in_all=3)

    assert [few.take("a"), few.take("a"), few.take("a")] == [True, True, False]
    assert [few.take("b"), few.take("b")] == [True, False]
    few.give_back("a")
    assert few.taken("a") == 1
    assert few.take("b")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("x" * 1000, "x" * 64),
    ],
)
def test_a_household_counts_as_one(address: str, counted: str) -> None:
    assert counted_address(address) == counted


def test_nobody_who_is_served_has_to_go(sock: socket.socket) -> None:
    served = [client(sock, state) for state in (State.SERVED, State.LINE, State.SENDING)]

    assert first_to_go(served, Places(9)) is None


def test_whoever_waits_without_a_request_goes_first(sock: socket.socket) -> None:
    idle = client(sock, State.IDLE, began=9.9, arrived_bytes=9_000)
    half = client(sock, State.HEAD)

    assert first_to_go([half, idle], Places(9)) is idle


def test_of_half_requests_the_slowest_goes_and_neither_the_newest_nor_an_honest_upload(
    sock: socket.socket,
) -> None:
    honest = client(sock, State.BODY, arrived_bytes=500_000)
    newest = client(sock, State.HEAD, began=9.999)
    dripping = client(sock, State.BODY, arrived_bytes=2_000)
    half = client(sock, State.HEAD, arrived_bytes=40)

    assert first_to_go([honest, newest, dripping, half], Places(9)) is half


def test_the_address_that_holds_most_gives_first(sock: socket.socket) -> None:
    held = Places(9)
    for seat in ("a", "b", "b"):
        held.take(seat)
    slow = client(sock, State.HEAD, seat="a")
    quick = client(sock, State.HEAD, began=9, seat="b")

    assert first_to_go([slow, quick], held) is quick


def test_the_slowest_reader_is_of_the_address_that_holds_most(sock: socket.socket) -> None:
    held = Places(9)
    for seat in ("a", "b", "b"):
        held.take(seat)
    readers = [
        client(sock, State.SENDING, began=began, seat=seat)
        for seat, began in (("a", 1), ("b", 3), ("b", 2))
    ]

    assert slowest_reader(readers, held) is readers[2]
