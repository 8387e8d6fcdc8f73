"""Takes messages from the broker so that neither their content nor an outage ends the worker.

Whoever knows the broker's password can put anything into the queue. That something came is all
that a message says here: whatever its bytes are, Celery is given the same empty hint.
"""

import base64
import uuid
from functools import partial
from typing import Any

import structlog
from celery.worker.consumer import Consumer
from kombu.transport import redis

from webapp.queueing import QUEUE_NAME, WORK_TASK

LONGEST_PAUSE_SECONDS = 3.0
"""Celery's own pauses grow to 30 s: after a long outage tasks would flow that much later."""

_EMPTY_BODY = base64.b64encode(b'[[], {}, {"callbacks": null, "errbacks": null}]').decode()

log = structlog.stdlib.get_logger(__name__)


class Channel(redis.Channel):
    """Reads the queue; bytes that are not JSON cost nothing."""

    def _brpop_read(self, **options: Any) -> bool:
        try:
            return bool(super()._brpop_read(**options))  # type: ignore[misc] # unhinted
        except (ValueError, RecursionError) as error:  # of parsing: nothing else raises these here
            log.warning("message that is not JSON", error=type(error).__name__)
            return False


class QoS(redis.QoS):
    """Brings no old message back: a hint that was lost is found in the database."""

    def restore_visible(self, *arguments: Any, **options: Any) -> None:
        """Do nothing."""
        del arguments, options


class Transport(redis.Transport):
    """Delivers a hint for every message, and nothing of the message."""

    Channel = Channel

    def _deliver(self, message: Any, queue: Any) -> None:
        del message
        super()._deliver(_hint(), queue)


Channel.QoS = QoS


class PatientConsumer(Consumer):
    """Comes back soon after the broker does, however long it was away."""

    def ensure_connected(self, conn: Any) -> Any:
        """Connect; try again every few seconds until that succeeds."""
        conn.ensure_connection = partial(
            conn.ensure_connection,
            interval_start=1,
            interval_step=1,
            interval_max=LONGEST_PAUSE_SECONDS,
        )
        return super().ensure_connected(conn)


def _hint() -> dict[str, Any]:
    """Return the message of an empty task, as Celery's second protocol has it."""
    identifier = str(uuid.uuid4())
    return {
        "body": _EMPTY_BODY,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": WORK_TASK, "id": identifier, "root_id": identifier},
        "properties": {
            "body_encoding": "base64",
            "correlation_id": identifier,
            "delivery_info": {"exchange": "", "routing_key": QUEUE_NAME},
            "delivery_mode": 1,
            "delivery_tag": identifier,
            "priority": 0,
        },
    }
