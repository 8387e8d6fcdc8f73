"""Empties the broker and floods it with doubled, forged and unreadable messages."""

import base64
import json
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import select

from tests.soak.harm import Fault, Harm, Scene
from tests.soak.sampling import QUEUE
from webapp.database.models import Evaluation
from webapp.queueing import WORK_TASK

FLOOD = 40
_TASKS = (WORK_TASK, "camelyon.check", "camelyon.evaluate", "os.system")
_FORGED_ARGUMENTS: tuple[list[Any], ...] = (
    ["1; drop table submission"],
    [None],
    [True],
    [-1],
    [10**12],
    [10**30],
    [1.5],
    [{"id": 1}],
    [[1]],
    [],
    [1, 2],
)
_DEPTH = 100_000
_HUGE_BYTES = 4_000_000


def flush(scene: Scene) -> Harm:
    """Empty the broker."""
    yield 0.0
    with _broker(scene) as broker:
        return bool(broker.flushall())


def repeat_messages(scene: Scene) -> Harm:
    """Send hints again about work that is waiting, under way and done."""
    yield 0.0
    with scene.stack.runtime.reading() as session:
        rows = session.scalars(select(Evaluation.id).order_by(Evaluation.id.desc()).limit(FLOOD))
        found = rows.all()
    for row_id in found:
        _send(scene, scene.draws.choice(_TASKS), [row_id])
        _send(scene, WORK_TASK, [row_id])
    return bool(found)


def forge_messages(scene: Scene) -> Harm:
    """Send well-formed messages that say what no honest one says."""
    yield 0.0
    for number in range(FLOOD):
        name = "camelyon.unknown" if number % 10 == 0 else scene.draws.choice(_TASKS)
        _send(scene, name, scene.draws.choice(_FORGED_ARGUMENTS))
    return True


def push_garbage(scene: Scene) -> Harm:
    """Push what is no message at all."""
    yield 0.0
    with _broker(scene) as broker:
        for _ in range(FLOOD // 2):
            scene.pushes += 1
            broker.lpush(QUEUE, scene.draws.choice(_garbage(scene)))
    return True


def push_huge(scene: Scene) -> Harm:
    """Push messages of megabytes, and one nested deeper than any parser goes."""
    yield 0.0
    nested = b"[" * _DEPTH + b"]" * _DEPTH
    with _broker(scene) as broker:
        for content in (nested, _message(nested), _message(b"[" + b"0," * _HUGE_BYTES + b"0]")):
            scene.pushes += 1
            broker.lpush(QUEUE, content)
    return True


def _garbage(scene: Scene) -> list[bytes]:
    good = _message(b"[[1], {}, {}]")
    return [
        scene.draws.randbytes(200),
        b"",
        b"null",
        b"17",
        b"[]",
        b"{}",
        good[: len(good) // 2],
        good.replace(b"json", b"pickle"),
        good.replace(b"utf-8", b"utf-99"),
        good.replace(b'"body"', b'"corpus"'),
        good.replace(b'"properties"', b'"property"'),
        good.replace(b"camelyon.work", b"os.system"),
        _message(b"\xff\xfe\x00"),
        _message(b"17"),
        _message(b"[17, 17, 17]"),
        _message(b'{"task": "camelyon.work"}'),
    ]


def _message(body: bytes) -> bytes:
    """Return a message in the form of kombu's transport, with any bytes as its body."""
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"lang": "py", "task": WORK_TASK, "id": "forged", "root_id": "forged"},
            "properties": {
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": QUEUE},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": "forged",
                "correlation_id": "forged",
            },
        }
    ).encode()


def _send(scene: Scene, name: str, arguments: list[Any]) -> None:
    scene.pushes += 1
    scene.stack.runtime.celery.send_task(name, args=arguments, ignore_result=True, retry=False)


def _broker(scene: Scene) -> redis.Redis:
    return redis.Redis.from_url(
        scene.stack.broker_url,
        socket_connect_timeout=2,
        socket_timeout=5,
        retry=Retry(NoBackoff(), 0),
    )


FAULTS = (
    Fault("broker emptied", flush),
    Fault("messages repeated", repeat_messages),
    Fault("messages forged", forge_messages),
    Fault("garbage in the queue", push_garbage),
    Fault("huge and deep messages", push_huge),
)
