"""Checks that hints are sent where slots wait, never more than that, and never at a price."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.webapp.brokers import running_broker
from tests.webapp.conftest import Database
from tests.webapp.world import World, make_world, stages_csv
from webapp.processes.embedded import free_port
from webapp.queueing import QUEUE_NAME, WORK_TASK, make_queue
from webapp.runtime import Runtime
from webapp.services.records.slots import SlotPulse, record_slots
from webapp.settings import load_settings
from webapp.tasks import UNREACHABLE_SECONDS, Announcer, announce

WAITING = SlotPulse(1, 0.0, None)


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Return a port that accepts connections and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield int(listener.getsockname()[1])


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """Return a world with three submissions that wait."""
    made = make_world(database, tmp_path)
    for _ in range(3):
        made.submit(made.member(), stages_csv())
    return made


@contextmanager
def runtime(world: World, broker_url: str) -> Iterator[Runtime]:
    environment = {
        "CAMELYON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "CAMELYON_DATABASE_URL": world.database.url,
        "CAMELYON_REDIS_URL": broker_url,
        "CAMELYON_BLOB_DIR": str(world.storage.root),
    }
    made = Runtime(load_settings(environment))
    yield made
    made.celery.broker.close()
    made.celery.close()
    made.engine.dispose()


def record(world: World, *pulses: SlotPulse) -> None:
    with world.sessions() as session:
        record_slots(session, "worker-1@here", pulses)


def seconds_to_announce(made: Runtime) -> float:
    began = time.monotonic()
    assert announce(made) == 0
    return time.monotonic() - began


def test_a_refusing_broker_costs_less_than_a_second(world: World) -> None:
    record(world, WAITING)

    with runtime(world, f"redis://127.0.0.1:{free_port()}/0") as made:
        assert seconds_to_announce(made) < 1.0


def test_a_silent_broker_costs_less_than_a_second_and_is_then_left_alone(
    world: World, deaf_port: int
) -> None:
    record(world, WAITING)
    with runtime(world, f"redis://127.0.0.1:{deaf_port}/0") as made:
        assert seconds_to_announce(made) < 1.0
        assert time.monotonic() < made.celery.unreachable_until
        assert made.celery.unreachable_until <= time.monotonic() + UNREACHABLE_SECONDS
        assert seconds_to_announce(made) < 0.05


def test_where_no_slot_waits_the_broker_is_not_even_asked(world: World) -> None:
    record(world, SlotPulse(1, 0.0, 3.0), SlotPulse(2, 60.0, None))
    with runtime(world, f"redis://127.0.0.1:{free_port()}/0") as made:
        assert announce(made) == 0
        assert made.celery.unreachable_until == 0.0


@pytest.mark.processes
@pytest.mark.parametrize(("n_slots", "n_hints"), [(1, 1), (2, 2), (8, 3)])
def test_there_is_one_hint_a_waiting_slot_but_not_more_than_work(
    world: World, tmp_path: Path, n_slots: int, n_hints: int
) -> None:
    record(world, *(SlotPulse(number, 0.0, None) for number in range(1, n_slots + 1)))
    with running_broker(tmp_path / "broker") as url, runtime(world, url) as made:
        sent = [announce(made) for _ in range(50)]

        assert sent == [n_hints] + [0] * 49
        assert made.celery.broker.llen(QUEUE_NAME) == n_hints


@pytest.mark.processes
def test_many_who_announce_at_once_send_no_more(world: World, tmp_path: Path) -> None:
    record(world, WAITING)
    start = threading.Barrier(8)

    with running_broker(tmp_path / "broker") as url, ExitStack() as stack:
        made = [stack.enter_context(runtime(world, url)) for _ in range(8)]

        def announce_now(one: Runtime) -> int:
            start.wait()
            return announce(one)

        with ThreadPoolExecutor(8) as pool:
            sent = list(pool.map(announce_now, made))

        assert sum(sent) == 1
        assert made[0].celery.broker.llen(QUEUE_NAME) == 1


@pytest.mark.processes
def test_a_queue_that_was_flushed_is_filled_to_what_is_needed(world: World, tmp_path: Path) -> None:
    record(world, WAITING)
    with running_broker(tmp_path / "broker") as url, runtime(world, url) as made:
        announce(made)
        made.celery.broker.flushall()

        assert announce(made) == 1
        assert made.celery.broker.llen(QUEUE_NAME) == 1


@pytest.mark.processes
def test_a_thread_announces_for_whoever_asks(world: World, tmp_path: Path) -> None:
    record(world, WAITING)
    with running_broker(tmp_path / "broker") as url, runtime(world, url) as made:
        announcer = Announcer(made)

        began = time.monotonic()
        for _ in range(1000):
            announcer.announce_soon()
        asking_seconds = time.monotonic() - began

        deadline = time.monotonic() + 30
        while not made.celery.broker.llen(QUEUE_NAME) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert made.celery.broker.llen(QUEUE_NAME) == 1
        assert asking_seconds < 1.0
        announcer.stop()


def test_asking_for_an_announcement_never_waits_for_the_broker(
    world: World, deaf_port: int
) -> None:
    record(world, WAITING)
    with runtime(world, f"redis://127.0.0.1:{deaf_port}/0") as made:
        announcer = Announcer(made)
        began = time.monotonic()
        for _ in range(3):
            announcer.announce_soon()
        asking_seconds = time.monotonic() - began
        announcer.stop()

    assert asking_seconds < 0.2  # the broker's silence takes 0.4 s to be noticed


def test_the_queue_has_the_settings_that_lose_nothing() -> None:
    settings = make_queue("redis://127.0.0.1:1/0").conf

    assert settings.task_ignore_result is True
    assert settings.result_backend is None
    assert settings.accept_content == ["json"]
    assert settings.worker_prefetch_multiplier == 1
    assert settings.worker_enable_remote_control is False
    assert settings.worker_pool == "solo"
    assert settings.broker_connection_retry_on_startup is True
    assert settings.broker_connection_max_retries is None
    assert WORK_TASK == "camelyon.work"
