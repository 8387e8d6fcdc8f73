"""Runs the worker: ``camelyon worker``, or ``celery -A webapp.worker.app worker``.

Its Celery application hears hints, and its slots do the work, each in a process of its own. A slot
finds waiting rows without hints too, so work goes on while the broker is away.
"""

import os
import sys
from typing import Any

import structlog
from celery import bootsteps, signals

from evaluator.decoding import ConfinementError, ConfinementLevel, confinement_level
from webapp.privacy import keep_new_files_private
from webapp.processes.logs import configure_logs
from webapp.queueing import CONSUMING_OPTIONS, Queue, make_queue
from webapp.runtime import Runtime
from webapp.settings import load_settings
from webapp.tasks import Announcer, register
from webapp.worker.naming import take_worker_name
from webapp.worker.recorder import Recorder
from webapp.worker.slots import Slots

SETTINGS = load_settings()
log = structlog.stdlib.get_logger(__name__)


class SlotStep(bootsteps.StartStopStep):
    """Starts and stops the slots with the worker, even if the broker has never been reached."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        # Celery has no setting for these two; here they stay off however the worker is started.
        worker.options.update(without_gossip=True, without_mingle=True)
        runtime = Runtime(SETTINGS)
        name, self._name_lock = take_worker_name()
        announcer = Announcer(runtime)
        count = int(worker.concurrency)  # Celery itself needs one thread, whatever this says
        self._slots = Slots(name, count, self._on_change, announcer.announce_soon)
        self._recorder = Recorder(runtime, name, self._slots.pulses)
        register(app, self._slots.wake)

    def start(self, worker: Any) -> None:
        """Start the slots."""
        del worker
        self._slots.start()
        self._recorder.start()

    def stop(self, worker: Any) -> None:
        """Let every slot finish its step."""
        del worker
        self._slots.stop()
        self._recorder.stop()

    def terminate(self, worker: Any) -> None:
        """Do not wait; when the lease runs out another slot takes the work."""
        del worker

    def _on_change(self) -> None:
        self._recorder.record_soon()


def run(processes: int | None = None) -> None:
    """Run the worker until it is told to stop.

    Parameters
    ----------
    processes : int, optional
        How many items are worked on at once; by default one a processor.
    """
    count = processes or SETTINGS.worker_processes or os.cpu_count() or 1
    app.worker_main(["--quiet", "worker", "--loglevel=INFO", f"--concurrency={count}"])


def _make_app() -> Queue:
    queue = make_queue(SETTINGS.redis_address)
    queue.conf.update(
        broker_transport="webapp.worker.consumer:Transport",
        broker_transport_options=CONSUMING_OPTIONS,
        worker_consumer="webapp.worker.consumer:PatientConsumer",
    )
    queue.steps["worker"].add(SlotStep)
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


keep_new_files_private()
app = _make_app()
signals.setup_logging.connect(_on_setup_logging, weak=False)
signals.worker_init.connect(_on_worker_init, weak=False)
