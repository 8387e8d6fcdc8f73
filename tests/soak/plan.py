"""Says what to soak, how long, and with which faults."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.soak.harm import Fault

QUIET_SECONDS = 120.0
"""After the last fault everything is final within this time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to soak, how long, and with which faults.

    Attributes
    ----------
    longest_pause_seconds : float
        Between the beginnings of two faults; with shorter ones a single worker hardly works.
    most_waiting : int
        Clients send nothing while more rows wait, so that the end comes in time.
    """

    stack: str
    seconds: int
    seed: int
    faults: Sequence[Fault]
    lease_seconds: float = 10.0
    longest_pause_seconds: float = 8.0
    switches: str = ""
    most_waiting: int = 40
    worker_processes: int = 2
    has_second_worker: bool = False
