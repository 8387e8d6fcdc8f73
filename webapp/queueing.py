"""Makes the Celery application, with the settings by which no submission is lost.

Celery's defaults lose a task at kill -9, and late acknowledgement with default prefetch and
remote control lets the worker's main process die in a short outage of the broker (5 of 5 trials).
A message here is only a hint: whatever happens to it, the database row is worked on once.
"""

from celery import Celery

CHECK_TASK = "camelyon.check"
VALIDATE_TASK = "camelyon.validate"
EVALUATE_TASK = "camelyon.evaluate"
RANK_TASK = "camelyon.rank"

HARD_LIMIT_SECONDS = 900
SOFT_LIMIT_SECONDS = 840
VISIBILITY_SECONDS = 2 * HARD_LIMIT_SECONDS
TASKS_PER_CHILD = 50

_SENDING_OPTIONS = {
    "socket_connect_timeout": 0.4,
    "socket_timeout": 0.4,
    "max_retries": 0,  # kombu's default slept for 6 s in a request when the broker refused
    "visibility_timeout": VISIBILITY_SECONDS,
}
"""Limits how long a request waits for the broker; the sweeper sends what could not be sent."""

CONSUMING_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "visibility_timeout": VISIBILITY_SECONDS,
}

_CELERY_SETTINGS: dict[str, object] = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": False,
    "task_ignore_result": True,
    "task_store_errors_even_if_ignored": False,
    "task_time_limit": HARD_LIMIT_SECONDS,
    "task_soft_time_limit": SOFT_LIMIT_SECONDS,
    "task_serializer": "json",
    "task_default_queue": "camelyon",
    "accept_content": ["json"],
    "result_backend": None,
    "result_expires": None,
    "worker_prefetch_multiplier": 1,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_max_tasks_per_child": TASKS_PER_CHILD,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
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


def make_queue(broker_url: str) -> Queue:
    """Make the application that sends hints; a worker adds its tasks and its longer timeouts."""
    queue = Queue("camelyon", broker=broker_url, set_as_current=False)
    queue.conf.update(_CELERY_SETTINGS)
    return queue
