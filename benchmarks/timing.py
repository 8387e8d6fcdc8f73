"""Times works in turns, so that whatever slows the machine slows all of them alike.

A figure is the median of one work over the median of another, a yardstick's or a peer's, that was
timed between its repeats. CPU seconds, user and system, of all threads.
"""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.judging import Figure, quotient
from benchmarks.yardstick import do_yardstick

REPEATS = 7
LEAST_SECONDS = 0.02
"""Works that take less are run several times for one timing."""

Work = Callable[[], object]
Timer = Callable[[], float]
"""Does its work once and returns the CPU seconds that this took."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What our work is compared with.

    Attributes
    ----------
    work : Work
        The peer, or a part of it where the whole would take hours.
    part : int
        How many of the steps `work` does.
    whole : int
        How many steps there are.
    steps : str
        What a step is.
    """

    work: Work
    part: int = 1
    whole: int = 1
    steps: str = ""


def cpu_seconds(work: Work) -> float:
    """Return the CPU seconds of this process over one run."""
    began = time.process_time()
    work()
    return time.process_time() - began


def time_yardstick() -> float:
    """Return the CPU seconds of one yardstick in this process."""
    return cpu_seconds(do_yardstick)


def timer(work: Work) -> Timer:
    """Run a work to warm up; return its timer, which repeats a short work and tells the mean."""
    work()
    runs = max(1, math.ceil(LEAST_SECONDS / max(cpu_seconds(work), 1e-6)))

    def repeat() -> None:
        for _ in range(runs):
            work()

    return lambda: cpu_seconds(repeat) / runs


def in_turns(
    timers: Mapping[str, Timer],
    repeats: int = REPEATS,
    dear: Mapping[str, float] | None = None,
) -> dict[str, list[float]]:
    """Time everything once, then everything again, and so on.

    Parameters
    ----------
    timers : mapping of str to Timer
        In the order in which they are run in each round.
    repeats : int
        Number of rounds.
    dear : mapping of str to float, optional
        Works that drop out as soon as their runs have taken so many CPU seconds in all.

    Returns
    -------
    dict of str to list of float
        CPU seconds of every run, by the name of its timer.
    """
    budget = dear or {}
    taken: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(repeats):
        for name, run in timers.items():
            if sum(taken[name]) < budget.get(name, math.inf):
                taken[name].append(run())
    return taken


def against_yardstick(what: str, ours: Work, most: float) -> Figure:
    """Return how many yardsticks our work costs in this process."""
    time_yardstick()
    taken = in_turns({"ours": timer(ours), "yardstick": time_yardstick})
    return in_yardsticks(what, taken["ours"], taken["yardstick"], most)


def in_yardsticks(
    what: str,
    ours: Sequence[float],
    yardsticks: Sequence[float],
    most: float,
    unit: str = "yardsticks",
) -> Figure:
    """Return the figure of timings that were taken in turns."""
    seconds = in_words(statistics.median(ours))
    return Figure(what, quotient(ours, yardsticks), unit, most, reading=seconds)


def against_peer(what: str, ours: Work, peer: Peer, least: float) -> Figure:
    """Return how many times our CPU time a peer takes, all its steps counted."""
    taken = in_turns({"ours": timer(ours), "peer": partial(cpu_seconds, peer.work)})
    return times_over(what, taken["ours"], taken["peer"], peer, least)


def times_over(
    what: str, ours: Sequence[float], parts: Sequence[float], peer: Peer, least: float
) -> Figure:
    """Return the figure of timings of our work and of the part that a peer did, taken in turns."""
    steps = peer.whole / peer.part
    seconds, peer_seconds = statistics.median(ours), statistics.median(parts) * steps
    reading = f"{in_words(seconds)} against {in_words(peer_seconds)}"
    if peer.part != peer.whole:
        reading += f", from {peer.part:,} of {peer.whole:,} {peer.steps}"
    ratio = quotient(parts, ours) * steps
    return Figure(what, ratio, "times", least, is_least=True, reading=reading)


def in_words(seconds: float) -> str:
    """Write a duration in the unit that reads best."""
    return f"{seconds:,.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"
