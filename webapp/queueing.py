"""Makes the Celery application, whose only message says that there is work.

Celery's defaults lose a task at kill -9, and late acknowledgement with default prefetch and
remote control lets the worker's main process die in a short outage of the broker (5 of 5 trials).
A message here is only a hint: whatever happens to it, a waiting row is found and worked on once.
"""

from functools import cached_property

from celery import Celery
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

WORK_TASK = "camelyon.work"
QUEUE_NAME = "camelyon"

_SENDING_SECONDS = 0.4
_SENDING_OPTIONS = {
    "socket_connect_timeout": _SENDING_SECONDS,
    "socket_timeout": _SENDING_SECONDS,
    "max_retries": 0,  # kombu's default slept for 6 s in a request when the broker refused
}
"""Limits how long a sender waits for the broker; the sweeper sends what could not be sent."""

CONSUMING_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5}

_CELERY_SETTINGS: dict[str, object] = {
    "task_ignore_result": True,
    "task_store_errors_even_if_ignored": False,
    "task_serializer": "json",
    "task_default_queue": QUEUE_NAME,
    "accept_content": ["json"],
    "result_backend": None,
    "result_expires": None,
    "worker_prefetch_multiplier": 1,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "worker_pool": "solo",
    "broker_connection_retry": True,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": _SENDING_OPTIONS,
    "beat_scheduler": "webapp.processes.beat:SweepingScheduler",
    "beat_enable_remote_control": False,
    "enable_utc": True,
}


class Queue(Celery):
    """A Celery application that notes until when it does not try its broker again.

    `unreachable_until` is a time of `time.monotonic`, in seconds.
    """

    unreachable_until: float = 0.0

    @cached_property
    def broker(self) -> "Redis":
        """Return a client of the broker, to see what is in the queue; it waits as little."""
        return Redis.from_url(
            str(self.conf.broker_url),
            socket_connect_timeout=_SENDING_SECONDS,
            socket_timeout=_SENDING_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )


def make_queue(broker_url: str) -> Queue:
    """Make the application that sends hints; a worker adds its task and its longer timeouts."""
    queue = Queue("camelyon", broker=broker_url, set_as_current=False)
    queue.conf.update(_CELERY_SETTINGS)
    return queue
