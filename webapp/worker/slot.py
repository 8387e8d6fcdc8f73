"""Runs one slot of a worker: a process that does one item after the other until it is to stop.

``python -m webapp.worker.slot PARENT NAME DESCRIPTOR``. A slot is a program of its own and not a
fork, so it inherits no lock that another thread held. It looks for work every few seconds and at
each byte of its standard input, and stops at SIGTERM or the end of that input. To DESCRIPTOR it
writes a byte, a `Sign`, whenever its work has gone on.
"""

import os
import random
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from enum import Enum
from importlib import import_module

import structlog

from webapp.database.patience import Patience
from webapp.privacy import keep_new_files_private
from webapp.processes.launch import die_with_parent
from webapp.processes.logs import configure_logs
from webapp.runtime import Runtime
from webapp.services.work.execution import Slot, WorkStopped, has_work, is_platform_fault, run_next
from webapp.services.work.queue import WorkItem
from webapp.settings import Settings, load_settings

ITEMS_A_LIFE = 1000
"""After so many items a slot ends and is replaced, which bounds what libraries leak."""

DATABASE_SECONDS = 20.0
"""Longest wait for one statement: shorter than the time after which a slot counts as hung."""

LONGEST_SILENCE_SECONDS = 4.0
SECONDS_A_SIGN = 1.0
_JITTER = 0.25
_STANDARD_INPUT = 0

log = structlog.stdlib.get_logger(__name__)


class Sign(Enum):
    """What a slot tells its worker, in one byte."""

    WENT_ON = b"."
    BEGAN = b"b"
    WAITS = b"w"
    MORE_WAITS = b"m"
    """It has begun an item, and another can be claimed."""


class SlotProgram:
    """Does items until it is told to stop.

    Parameters
    ----------
    settings : Settings
    name : str
        This slot's name in events and records.
    send : callable
        Sends the worker a sign; raises BrokenPipeError when the worker is gone.
    """

    def __init__(self, settings: Settings, name: str, send: Callable[[Sign], None]) -> None:
        runtime = Runtime(settings, patience=Patience(DATABASE_SECONDS))
        self._poll_seconds = settings.poll_seconds
        self._send = send
        self._signed_at = float("-inf")
        self._is_stopping = False
        self._n_done = 0
        self._slot = Slot(
            runtime.sessions,
            runtime.reading,
            runtime.storage,
            runtime.load_truth,
            runtime.policy(name),
            on_claim=self._on_claim,
            on_step=self._on_step,
        )

    def stop(self) -> None:
        """Stop after the step that is running; its item goes back into the queue."""
        self._is_stopping = True

    def run(self) -> None:
        """Work until told to stop, or until this process has done enough."""
        while not self._is_stopping and self._n_done < ITEMS_A_LIFE:
            if not self._work():
                self._wait()

    def _work(self) -> bool:
        """Do the next item; tell whether there was one."""
        self._went_on()
        try:
            item = run_next(self._slot)
        except WorkStopped:
            return True
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the next item is another
            is_platforms = is_platform_fault(error)
            log.warning(
                "item not done",
                error=type(error).__name__,
                is_platforms=is_platforms,
                places="".join(traceback.format_tb(error.__traceback__)),  # no text: see execution
            )
            return False
        self._n_done += item is not None
        return item is not None

    def _wait(self) -> None:
        """Wait for the worker's byte, or until it is time to look again."""
        _import_scoring()  # the first wait is the time for it
        self._send(Sign.WAITS)
        jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - not a secret
        until = time.monotonic() + self._poll_seconds * jitter
        while not self._is_stopping and (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select(
                [_STANDARD_INPUT], [], [], min(left, LONGEST_SILENCE_SECONDS)
            )
            self._went_on()
            if ready:
                self._is_stopping |= not os.read(_STANDARD_INPUT, 4096)
                return

    def _on_claim(self, item: WorkItem) -> None:
        del item  # the lines below are bound to it
        log.info("work begins")
        self._send(Sign.BEGAN)
        if has_work(self._slot):
            self._send(Sign.MORE_WAITS)

    def _on_step(self) -> None:
        self._went_on()
        if self._is_stopping:
            raise WorkStopped

    def _went_on(self) -> None:
        if time.monotonic() - self._signed_at >= SECONDS_A_SIGN:
            self._signed_at = time.monotonic()
            self._send(Sign.WENT_ON)


def main(parent: int, name: str, descriptor: int) -> None:
    """Run a slot, as a child of the worker with this process id."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides when to stop
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - its only form
    settings = load_settings()
    configure_logs(settings.log_format)
    structlog.contextvars.bind_contextvars(slot=name)
    keep_new_files_private()
    program = SlotProgram(settings, name, lambda sign: _write(descriptor, sign))
    signal.signal(signal.SIGTERM, lambda *_: program.stop())
    try:
        program.run()
    except BrokenPipeError:
        sys.exit("the worker is gone")


def _write(descriptor: int, sign: Sign) -> None:
    os.write(descriptor, sign.value)


def _import_scoring() -> None:
    """Import what scoring needs, so that the next item need not wait for it."""
    for module in (
        "evaluator.scoring.evaluation",
        "evaluator.submissions.checking",
        "sklearn.metrics",
    ):
        import_module(module)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
