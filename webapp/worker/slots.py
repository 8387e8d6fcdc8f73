"""Keeps a worker's slots: starts them, wakes those that wait, replaces those that hang or die."""

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from webapp.services.records.slots import SlotPulse, slot_name
from webapp.worker.kept_slot import KeptSlot, slot_command
from webapp.worker.slot import Sign

PROGRESS_SECONDS = 30.0
"""A slot whose work has not gone on for this long is killed and replaced."""

START_SECONDS = 90.0
"""A slot imports libraries before its first sign; on a loaded machine that takes its time."""

ITEM_SECONDS = 900.0
"""The hard limit of one item."""

STOP_SECONDS = 25.0
"""Time to finish the running step after SIGTERM; work that is cut off is recovered by its lease."""

LEAVE_EXIT_STATUS = 75
"""EX_TEMPFAIL of sysexits.h: a worker that can do no work any more leaves, to be restarted."""

HEALTHY_SECONDS = 10.0
"""A slot that lived this long is replaced without a pause when it ends."""

_KILL_SECONDS = 10.0
_MOST_FAILED_STARTS = 5
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 15.0
_LOOK_SECONDS = 0.25
_PIPE_BYTES = 4096

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _State:
    """What other threads ask for or look at, under one lock that nothing slow is done under."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    n_wakes: int = 0
    is_stopping: bool = False
    pulses: tuple[SlotPulse, ...] = ()


class Slots:
    """The slots of one worker, kept by one thread that also starts them.

    The kernel regards a child's parent as dead when the *thread* that started it ends.

    Parameters
    ----------
    worker : str
        The worker's name.
    count : int
        How many items are worked on at once.
    on_change : callable
        Called when a slot has begun to work or to wait.
    on_more : callable
        Called when more work waits than this worker has slots for.
    command_of : callable, optional
        Returns the command of a slot, from its name and the descriptor for its signs.
    """

    def __init__(
        self,
        worker: str,
        count: int,
        on_change: Callable[[], None],
        on_more: Callable[[], None],
        command_of: Callable[[str, int], list[str]] | None = None,
    ) -> None:
        self._worker = worker
        self._slots = [KeptSlot(number) for number in range(1, count + 1)]
        self._on_change = on_change
        self._on_more = on_more
        self._command_of = command_of or slot_command
        self._state = _State()
        self._selector = selectors.DefaultSelector()
        self._bell_in, self._bell_out = os.pipe()
        os.set_blocking(self._bell_out, False)
        self._selector.register(self._bell_in, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, name="slots", daemon=True)

    def start(self) -> None:
        """Start every slot."""
        self._thread.start()

    def wake(self) -> None:
        """Have a slot that waits look for work, if there is one; return at once."""
        with self._state.lock:
            self._state.n_wakes += 1
        self._ring()

    def pulses(self) -> tuple[SlotPulse, ...]:
        """Return how every slot does, as of the last look at them."""
        with self._state.lock:
            return self._state.pulses

    def stop(self) -> None:
        """Let every slot finish its step and end; return when all are gone."""
        with self._state.lock:
            self._state.is_stopping = True
        self._ring()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._state.is_stopping:
                self._look()
            self._end_all()
        except BaseException as error:  # noqa: BLE001 - a worker without this thread does nothing
            self._leave("its slots are not kept any more", error=type(error).__name__)

    def _look(self) -> None:
        for key, _ in self._selector.select(_LOOK_SECONDS):
            if key.data is None:
                os.read(self._bell_in, _PIPE_BYTES)
            else:
                self._read(key.data)
        for slot in self._slots:
            self._keep(slot)
        self._answer_wakes()
        self._publish()

    def _read(self, slot: KeptSlot) -> None:
        signs = os.read(slot.signs, _PIPE_BYTES)
        if not signs:
            self._selector.unregister(slot.signs)
            os.close(slot.signs)
            slot.signs = -1
            return
        now = time.monotonic()
        slot.went_on_at, slot.has_signed = now, True
        did_wait = slot.waits
        for byte in signs:
            match Sign(bytes([byte])):
                case Sign.BEGAN:
                    slot.working_since, slot.waits = now, False
                case Sign.WAITS:
                    slot.working_since, slot.waits = None, True
                case Sign.MORE_WAITS:
                    self._wake_another()
                case Sign.WENT_ON:
                    pass
        if slot.waits != did_wait:
            self._publish()
            self._on_change()

    def _keep(self, slot: KeptSlot) -> None:
        """Start a slot that is due, note one that has ended, end one that hangs."""
        now = time.monotonic()
        if slot.process is None:
            if now >= slot.due_at:
                self._start(slot)
            return
        status = slot.process.poll()
        if status is not None:
            self._note_end(slot, status)
        elif slot.killed_at is not None:
            if now - slot.killed_at > _KILL_SECONDS:
                self._leave("a slot cannot be ended", slot=slot.number)
        elif self._hangs(slot, now):
            log.error("slot hangs, replacing it", slot=slot.number, seconds=now - slot.went_on_at)
            slot.process.kill()
            slot.killed_at = now

    def _hangs(self, slot: KeptSlot, now: float) -> bool:
        limit_seconds = PROGRESS_SECONDS if slot.has_signed else START_SECONDS
        is_too_long = slot.working_since is not None and now - slot.working_since > ITEM_SECONDS
        return is_too_long or now - slot.went_on_at > limit_seconds

    def _start(self, slot: KeptSlot) -> None:
        name = slot_name(self._worker, slot.number)
        try:
            slot.start(lambda signs: self._command_of(name, signs))
        except OSError as error:
            log.warning("slot cannot be started", slot=slot.number, error=type(error).__name__)
            self._pause(slot)
        else:
            self._selector.register(slot.signs, selectors.EVENT_READ, slot)

    def _note_end(self, slot: KeptSlot, status: int) -> None:
        if slot.signs >= 0:
            self._selector.unregister(slot.signs)
        slot.close()
        if status:
            log.warning("slot ended", slot=slot.number, status=status)
        if time.monotonic() - slot.started_at >= HEALTHY_SECONDS:
            slot.n_quick_ends, slot.due_at = 0, time.monotonic()
        else:
            self._pause(slot)

    def _pause(self, slot: KeptSlot) -> None:
        """Start a slot that ended soon later, and later each time; leave if it never started."""
        slot.n_quick_ends += 1
        if not slot.has_signed and slot.n_quick_ends > _MOST_FAILED_STARTS:
            self._leave("a slot does not start", slot=slot.number)
        pause_seconds = _FIRST_PAUSE_SECONDS * 2 ** (slot.n_quick_ends - 1)
        slot.due_at = time.monotonic() + min(pause_seconds, _LONGEST_PAUSE_SECONDS)

    def _answer_wakes(self) -> None:
        with self._state.lock:
            n_wakes, self._state.n_wakes = self._state.n_wakes, 0
        for _ in range(min(n_wakes, len(self._slots))):
            if not self._wake_one():
                return

    def _wake_another(self) -> None:
        if not self._wake_one():
            self._on_more()

    def _wake_one(self) -> bool:
        """Wake a slot that waits; tell whether there was one."""
        return any(slot.wake() for slot in self._slots)

    def _publish(self) -> None:
        now = time.monotonic()
        pulses = tuple(slot.pulse(now) for slot in self._slots if slot.process is not None)
        with self._state.lock:
            self._state.pulses = pulses

    def _end_all(self) -> None:
        running = [slot.process for slot in self._slots if slot.process is not None]
        for process in running:
            with suppress(OSError):
                process.send_signal(signal.SIGTERM)
                if process.stdin is not None:
                    process.stdin.close()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_KILL_SECONDS)

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # the bell is ringing already
            os.write(self._bell_out, b"\n")

    def _leave(self, why: str, **more: object) -> None:
        """End the whole worker; its slots die with it, and their leases are recovered."""
        log.critical("worker leaves", why=why, **more)
        os._exit(LEAVE_EXIT_STATUS)
