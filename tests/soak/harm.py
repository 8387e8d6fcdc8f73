"""What every fault is given and gives: generators that wait by yielding seconds."""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from random import Random

from tests.soak.processes import NoTargetError, children_of
from tests.soak.stacks import Stack

Harm = Generator[float, None, bool]
"""A fault under way: yields how many seconds it waits, returns whether it took effect."""


@dataclass(slots=True)
class Scene:
    """What a fault can harm, and where it leaves word.

    Attributes
    ----------
    complaints : list of str
        Promises that a fault saw broken.
    figures : Counter of str
        What faults count besides themselves.
    pushes : int
        Messages that faults pushed into the broker.
    """

    stack: Stack
    draws: Random
    complaints: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    pushes: int = 0

    def process_id(self, program: str) -> int:
        """Return a program's process, or raise `NoTargetError`."""
        process = self.stack.process_id(program)
        if process is None:
            raise NoTargetError
        return process

    def worker(self) -> int:
        """Return the main process of one of the workers."""
        return self.process_id(self.draws.choice(self.stack.workers))

    def child_of(self, process: int) -> int:
        """Return one of a process's children, or raise `NoTargetError`."""
        found = children_of(process)
        if not found:
            raise NoTargetError
        return self.draws.choice(found)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way of doing harm.

    Attributes
    ----------
    stacks : str
        The letters of the stacks that it can be done to.
    is_alone : bool
        Nothing else is harmed meanwhile, since it demands that something comes about.
    """

    name: str
    start: Callable[[Scene], Harm]
    stacks: str = "SP"
    is_alone: bool = False
