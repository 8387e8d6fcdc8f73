"""Does harm at random for a time, at most two faults at once, and ends all of them."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import redis
from kombu.exceptions import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from tests.soak import database_faults, message_faults, process_faults, traffic_faults
from tests.soak.harm import Fault, Harm, Scene
from tests.soak.processes import NoTargetError

FAULTS = (
    *process_faults.FAULTS,
    *message_faults.FAULTS,
    *database_faults.FAULTS,
    *traffic_faults.FAULTS,
)
AT_ONCE = 2
_TICK_SECONDS = 0.05

_WITHOUT_EFFECT = (
    NoTargetError,
    OperationalError,
    OSError,
    SQLAlchemyError,
    redis.RedisError,
)
"""Other than these rise: then the soak itself is broken."""


@dataclass(slots=True)
class _Running:
    fault: Fault
    harm: Harm
    began_at: float
    due_at: float = 0.0


class Conductor:
    """Draws faults as from a pack of cards, so that each kind comes equally often.

    Attributes
    ----------
    took_effect, had_none : Counter of str
        Faults by name.
    history : list of dict
        Each fault with its beginning and end, in seconds since the Epoch.
    """

    def __init__(self, scene: Scene, faults: Sequence[Fault], longest_pause_seconds: float) -> None:
        self.took_effect: Counter[str] = Counter()
        self.had_none: Counter[str] = Counter()
        self.history: list[dict[str, str | float | bool]] = []
        self._scene = scene
        self._longest_pause_seconds = longest_pause_seconds
        self._faults = [fault for fault in faults if scene.stack.name in fault.stacks]
        self._pack: list[Fault] = []
        self._running: list[_Running] = []

    def run(self, seconds: float, is_enough: Callable[[], bool]) -> None:
        """Do harm for a time, or until it is enough; whatever is still under way is ended."""
        ends_at = time.monotonic() + seconds
        next_at = time.monotonic() + self._pause()
        try:
            while time.monotonic() < ends_at and not is_enough():
                self._advance()
                if time.monotonic() >= next_at and self._start_next():
                    next_at = time.monotonic() + self._pause()
                time.sleep(_TICK_SECONDS)
            self._finish()
        finally:  # nothing stays stopped or locked, whatever happened here
            for one in self._running:
                one.harm.close()

    def _pause(self) -> float:
        return self._scene.draws.uniform(0.3, self._longest_pause_seconds)

    def _start_next(self) -> bool:
        """Start the next fault if there is room; tell whether it was started."""
        if len(self._running) >= AT_ONCE or any(one.fault.is_alone for one in self._running):
            return False
        if not self._pack:
            self._pack = list(self._faults)
            self._scene.draws.shuffle(self._pack)
        fault = self._pack[-1]
        if fault.is_alone and self._running:
            return False
        self._pack.pop()
        self._running.append(_Running(fault, fault.start(self._scene), time.time()))
        return True

    def _advance(self) -> None:
        for one in [one for one in self._running if one.due_at <= time.monotonic()]:
            if not self._step(one):
                self._running.remove(one)

    def _step(self, one: _Running) -> bool:
        """Let a fault go on; tell whether it is still under way."""
        try:
            one.due_at = time.monotonic() + next(one.harm)
        except StopIteration as end:
            self._count(one, took_effect=bool(end.value))
            return False
        except _WITHOUT_EFFECT:
            self._count(one, took_effect=False)
            return False
        return True

    def _count(self, one: _Running, *, took_effect: bool) -> None:
        (self.took_effect if took_effect else self.had_none)[one.fault.name] += 1
        self.history.append(
            {
                "began_at": round(one.began_at, 2),
                "ended_at": round(time.time(), 2),
                "fault": one.fault.name,
                "took_effect": took_effect,
            }
        )

    def _finish(self) -> None:
        """Let those that demand something come to their end, and break the others off."""
        while any(one.fault.is_alone for one in self._running):
            self._advance()
            time.sleep(_TICK_SECONDS)
        for one in self._running:
            one.harm.close()
        self._running.clear()
