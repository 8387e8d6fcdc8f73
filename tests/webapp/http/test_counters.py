"""Checks that rate limits go on, in every thread, while the broker hangs."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.webapp.people import PASSWORD, World, make_world, post
from webapp.http.counters import Breaker, BrokerOrMemory

N_THREADS = 8
N_CONNECTIONS_WAITING = 128


@pytest.fixture
def hung() -> Iterator[socket.socket]:
    """Return a broker that takes connections and never answers, as a stopped process does."""
    with socket.create_server(("127.0.0.1", 0), backlog=N_CONNECTIONS_WAITING) as server:
        server.settimeout(0.01)
        yield server


def address_of(server: socket.socket) -> str:
    return f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def connections_to(server: socket.socket) -> int:
    """Take and count the connections that wait."""
    count = 0
    try:
        while True:
            server.accept()[0].close()
            count += 1
    except TimeoutError:
        return count


def test_a_hung_broker_fails_no_thread_and_the_limit_holds_in_memory(hung: socket.socket) -> None:
    counters = BrokerOrMemory(address=address_of(hung), timeout_seconds=0.05)
    together = Barrier(N_THREADS)

    def attempt(_: int) -> bool:
        together.wait()
        return counters.acquire_entry("key", 3, 60)

    with ThreadPoolExecutor(N_THREADS) as threads:
        allowed = list(threads.map(attempt, range(N_THREADS)))

    assert allowed.count(True) == 3
    assert counters.get_moving_window("key", 3, 60)[1] == 3


def test_after_a_failure_no_thread_asks_the_broker_again_for_a_while(hung: socket.socket) -> None:
    counters = BrokerOrMemory(address=address_of(hung), timeout_seconds=0.05)

    counters.acquire_entry("key", 3, 60)
    asked_once = connections_to(hung)
    for _ in range(100):
        counters.acquire_entry("key", 3, 60)
        counters.clear("key")

    assert asked_once == 1  # without the library's own retries
    assert connections_to(hung) == 0


def test_after_the_pause_one_thread_probes_and_an_answer_opens_the_way_to_all() -> None:
    now = [100.0]
    breaker = Breaker(clock=lambda: now[0])

    assert breaker.may_try()
    breaker.note(has_answered=False)
    now[0] = 104.9
    assert not breaker.may_try()
    now[0] = 105.0
    assert [breaker.may_try() for _ in range(3)] == [True, False, False]
    breaker.note(has_answered=True)
    assert [breaker.may_try() for _ in range(3)] == [True, True, True]


def test_people_sign_in_at_once_while_the_broker_hangs(tmp_path: Path, hung: socket.socket) -> None:
    world = make_world(tmp_path, redis_url=address_of(hung))
    people = ["alice", "bob", "charlie", "dora"]
    together = Barrier(len(people))

    def sign_in(person: str) -> int:
        client = world.app.test_client()
        form = {"email": f"{person}@example.org", "password": PASSWORD}
        together.wait()
        return post(client, "/sign-in", form).status_code

    with ThreadPoolExecutor(len(people)) as threads:
        assert list(threads.map(sign_in, people)) == [303, 303, 303, 303]


def test_a_submission_is_accepted_while_the_broker_hangs(
    tmp_path: Path, hung: socket.socket
) -> None:
    world: World = make_world(tmp_path, redis_url=address_of(hung))

    began = time.monotonic()
    world.submit("alice")

    assert time.monotonic() - began < 10  # a limit on hanging, not on speed
