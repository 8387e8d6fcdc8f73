import socket
import time
from collections.abc import Iterator

import pytest

from webapp.processes.embedded import free_port
from webapp.queueing import Queue, make_queue
from webapp.services.work.queue import WorkItem, WorkKind
from webapp.tasks import UNREACHABLE_SECONDS, enqueue

ITEMS = [WorkItem(WorkKind.EVALUATE, number) for number in range(50)]


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Return a port that accepts connections and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield int(listener.getsockname()[1])


def seconds_to_enqueue(queue: Queue) -> float:
    began = time.monotonic()
    assert enqueue(queue, ITEMS) == ()
    return time.monotonic() - began


def test_a_refusing_broker_costs_a_request_less_than_a_second() -> None:
    queue = make_queue(f"redis://127.0.0.1:{free_port()}/0")

    assert seconds_to_enqueue(queue) < 1.0


def test_a_silent_broker_costs_a_request_less_than_a_second(deaf_port: int) -> None:
    queue = make_queue(f"redis://127.0.0.1:{deaf_port}/0")

    assert seconds_to_enqueue(queue) < 1.0


def test_a_broker_that_has_just_failed_is_not_waited_for_again(deaf_port: int) -> None:
    queue = make_queue(f"redis://127.0.0.1:{deaf_port}/0")
    seconds_to_enqueue(queue)

    assert seconds_to_enqueue(queue) < 0.05
    assert queue.unreachable_until <= time.monotonic() + UNREACHABLE_SECONDS


def test_the_queue_has_the_settings_that_lose_nothing() -> None:
    settings = make_queue("redis://127.0.0.1:1/0").conf

    assert settings.task_acks_late is True
    assert settings.task_reject_on_worker_lost is False
    assert settings.task_ignore_result is True
    assert settings.result_backend is None
    assert settings.accept_content == ["json"]
    assert settings.worker_prefetch_multiplier == 1
    assert settings.worker_enable_remote_control is False
    assert settings.worker_max_tasks_per_child == 50
    assert settings.task_time_limit == 900
    assert settings.task_soft_time_limit == 840
    assert settings.broker_transport_options["visibility_timeout"] == 1800
    assert settings.broker_connection_retry_on_startup is True
    assert settings.broker_connection_max_retries is None
