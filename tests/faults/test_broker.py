"""Checks that nothing that is in the broker's queue, or is not, harms a worker or floods it."""

import json
import logging
import os
import signal
import time
from collections.abc import Iterator
from typing import cast

import pytest
import redis

from tests.faults.arena import Arena, arena
from tests.faults.test_hung_slots import eventually, slots_of
from webapp.processes.programs import BROKER, WORKER
from webapp.queueing import QUEUE_NAME, WORK_TASK

pytestmark = pytest.mark.processes
log = logging.getLogger(__name__)

FLOWS_SECONDS = 10.0
"""The promise: after its return the broker's messages are heard again within this time."""

GARBAGE: tuple[bytes, ...] = (
    b"",
    b"\xff\xfe\x00garbage",
    b"not json",
    b"null",
    b"[]",
    b"42",
    b"{}",
    b'{"body": 1}',
    b"[" * 100_000,
    b'{"a":' * 5_000,
    b'{"headers": null, "properties": {"delivery_tag": ["x"]}}',
    json.dumps({"body": "%%%", "headers": {"task": WORK_TASK}, "properties": {}}).encode(),
    json.dumps(
        {
            "body": "W10=",
            "content-type": "application/x-python-serialize",
            "headers": {"task": "os.system", "id": None, "eta": "yesterday", "expires": {}},
            "properties": {"delivery_tag": None, "delivery_info": {}, "body_encoding": "rot13"},
        }
    ).encode(),
    b'{"body": "' + b"A" * 3_000_000 + b'"}',
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(tmp_path_factory.mktemp("arena")) as built:
        yield built


def broker_of(place: Arena) -> "redis.Redis":
    return redis.Redis.from_url(place.service.settings.redis_address)


def calls(place: Arena, command: str) -> int:
    """Return how often the broker has been given a command."""
    stats = broker_of(place).info("commandstats")
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


def is_heard(place: Arena) -> bool:
    """Tell whether every message in the queue has been taken."""
    with broker_of(place) as client:
        return bool(client.llen(QUEUE_NAME) == 0)


def test_garbage_in_the_queue_costs_nothing(place: Arena) -> None:
    worker = place.service.process_id(WORKER)
    for _ in range(20):
        with broker_of(place) as client:
            client.lpush(QUEUE_NAME, *GARBAGE)
            client.hset("unacked", "tag", b"garbage")
            client.zadd("unacked_index", {"tag": 1.0})

    assert eventually(lambda: is_heard(place), 60) is not None
    public_id = place.hand_in()
    assert place.seconds_until_scored([public_id], 60) is not None
    assert place.service.process_id(WORKER) == worker
    place.require_scored_once([public_id])


def test_the_queue_never_holds_more_than_waiting_slots_and_few_hints_are_sent(
    place: Arena,
) -> None:
    assert eventually(lambda: len(slots_of(place)) >= 1, 30) is not None
    n_slots = len(slots_of(place))
    before = calls(place, "lpush")
    lengths = []
    public_ids = []
    others = [place.another_team(f"Team{number}") for number in range(2)]
    for number in range(N_SUBMISSIONS):
        public_ids.append(place.hand_in(others[number % 2]))
        with broker_of(place) as client:
            lengths.append(cast("int", client.llen(QUEUE_NAME)))

    while place.count_unfinished():
        with broker_of(place) as client:
            lengths.append(cast("int", client.llen(QUEUE_NAME)))
        time.sleep(0.05)
    log.info("%s hints for %s submissions", calls(place, "lpush") - before, len(public_ids))
    assert place.seconds_until_scored(public_ids, 120) is not None
    assert max(lengths) <= 2 * n_slots
    assert calls(place, "lpush") - before <= 3 * len(public_ids)
    place.require_scored_once(public_ids)


N_SUBMISSIONS = int(os.environ.get("CAMELYON_FAULTS_SUBMISSIONS", "40"))
OUTAGES = [float(one) for one in os.environ.get("CAMELYON_FAULTS_OUTAGES", "3").split(",")]
"""Seconds of each outage; `make faults` has ten of 3 s and two of five minutes."""


@pytest.mark.parametrize("seconds", OUTAGES)
def test_after_an_outage_messages_are_heard_within_ten_seconds(
    place: Arena, seconds: float
) -> None:
    process = place.service.process_id(BROKER)
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        public_id = place.hand_in()
        time.sleep(seconds)  # the outage itself
    finally:
        os.kill(process, signal.SIGCONT)

    returned = time.monotonic()
    place.runtime.celery.unreachable_until = 0.0
    place.runtime.celery.send_task(WORK_TASK)
    assert eventually(lambda: is_heard(place), FLOWS_SECONDS) is not None
    assert time.monotonic() - returned < FLOWS_SECONDS
    assert place.seconds_until_scored([public_id], 60) is not None


def test_a_broker_that_died_is_heard_again_within_ten_seconds_of_its_return(place: Arena) -> None:
    before = place.service.process_id(BROKER)
    place.kill(BROKER)
    assert eventually(lambda: place.service.process_id(BROKER) not in {None, before}, 60)

    def sent() -> bool:
        try:
            place.runtime.celery.send_task(WORK_TASK, retry=False)
        except Exception:  # noqa: BLE001 - it is still starting
            return False
        return True

    assert eventually(sent, 60) is not None
    assert eventually(lambda: is_heard(place), FLOWS_SECONDS) is not None
