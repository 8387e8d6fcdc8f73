"""Runs the worker: ``camelyon worker``, or ``celery -A webapp.processes.worker worker``."""

import os
import sys
from importlib import import_module
from typing import Any

import structlog
from celery import bootsteps, signals
from celery.worker import state

from evaluator.decoding import ConfinementError, ConfinementLevel, confinement_level
from webapp.processes.logs import configure_logs
from webapp.processes.polling import Poller
from webapp.queueing import CONSUMING_OPTIONS, Queue, make_queue
from webapp.runtime import Runtime
from webapp.settings import load_settings
from webapp.tasks import register

SETTINGS = load_settings()
log = structlog.stdlib.get_logger(__name__)


class PollStep(bootsteps.StartStopStep):
    """Starts and stops the poll with the worker, even if the broker has never been reached."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        # Celery has no setting for these two; here they stay off however the worker is started.
        worker.options.update(without_gossip=True, without_mingle=True)
        self._poller: Poller | None = None

    def start(self, worker: Any) -> None:
        """Start polling, in the worker's main process."""

        def has_spare() -> bool:
            return len(state.active_requests) < int(worker.concurrency)

        self._poller = Poller(SETTINGS, worker.hostname, has_spare)
        self._poller.start()

    def stop(self, worker: Any) -> None:
        """Let the poll finish its current item."""
        del worker
        if self._poller is not None:
            self._poller.stop()

    def terminate(self, worker: Any) -> None:
        """Do not wait; when the lease runs out another worker takes the work."""
        del worker


class _RuntimeOfThisProcess:
    """Makes one runtime a process: a connection must not survive a fork."""

    def __init__(self) -> None:
        self._process: int | None = None
        self._runtime: Runtime | None = None

    def __call__(self) -> Runtime:
        """Return this process's own runtime."""
        if self._runtime is None or self._process != os.getpid():
            self._process, self._runtime = os.getpid(), Runtime(SETTINGS)
        return self._runtime


def run(processes: int | None = None) -> None:
    """Run the worker until it is told to stop.

    Parameters
    ----------
    processes : int, optional
        How many items are worked on at once; by default one a processor.
    """
    count = processes or SETTINGS.worker_processes or os.cpu_count() or 1
    app.worker_main(["--quiet", "worker", "--loglevel=INFO", f"--concurrency={count}"])


def _import_before_the_fork() -> None:
    """Import what scoring needs once, in the parent: it would take each child seconds."""
    for module in (
        "evaluator.scoring.evaluation",
        "evaluator.submissions.checking",
        "sklearn.metrics",
    ):
        import_module(module)


def _make_app() -> Queue:
    queue = make_queue(SETTINGS.redis_address)
    queue.conf.broker_transport_options = CONSUMING_OPTIONS
    queue.steps["worker"].add(PollStep)
    register(queue, _RuntimeOfThisProcess(), f"worker@{os.uname().nodename}")
    return queue


def _on_setup_logging(**_: Any) -> None:
    configure_logs(SETTINGS.log_format)


def _on_worker_init(**_: Any) -> None:
    """Refuse to decode participants' files with less confinement than the settings ask for."""
    configure_logs(SETTINGS.log_format)  # Celery asks for it only later
    try:
        level, minimum = confinement_level(), SETTINGS.minimum_confinement
    except ConfinementError as error:
        sys.exit(str(error))
    log.info("decoder confinement", active=level.name.lower(), minimum=minimum.value)
    if level < ConfinementLevel[minimum.name]:
        sys.exit(
            f"participants' files can be decoded here {level.name.lower()} only;"
            f" CAMELYON_MINIMUM_CONFINEMENT asks for {minimum.value}"
        )


_import_before_the_fork()
app = _make_app()
signals.setup_logging.connect(_on_setup_logging, weak=False)
signals.worker_init.connect(_on_worker_init, weak=False)
