"""Judges whether bytes move fast enough: a least rate, with a grace for pauses."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeastRate:
    """The slowest client that is waited for, and how long it may pause."""

    bytes_a_second: int
    grace_seconds: float

    @property
    def bytes_a_grace(self) -> float:
        """Return what must move within one grace."""
        return self.bytes_a_second * self.grace_seconds


class Pace:
    """Counts how long the server has waited for one client since enough bytes last moved.

    Whenever as many bytes have moved as the least rate has in one grace, the client has a whole
    grace again. An average since the beginning would let whoever began quickly stop for hours. Only
    waiting counts: a server that is busy itself makes no client slow.

    Attributes
    ----------
    left_seconds : float
        Until the client is too slow.
    """

    def __init__(self, least: LeastRate) -> None:
        self._least = least
        self._moved_bytes = 0
        self.left_seconds = least.grace_seconds

    def waited(self, seconds: float) -> None:
        """Count time in which the client could have moved bytes."""
        self.left_seconds -= seconds

    def moved(self, n_bytes: int) -> None:
        """Count bytes that have moved."""
        self._moved_bytes += n_bytes
        if self._moved_bytes >= self._least.bytes_a_grace:
            self._moved_bytes = 0
            self.left_seconds = self._least.grace_seconds

    @property
    def is_too_slow(self) -> bool:
        """Tell whether the grace is used up."""
        return self.left_seconds <= 0
