"""Counts answers and keeps times, from many threads."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence

NO_ANSWER = "no answer"


class Measures:
    """What clients saw: statuses of each kind of request, and seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statuses: dict[str, Counter[str]] = {}
        self._seconds: dict[str, list[float]] = {}
        self._unexpected: Counter[str] = Counter()

    def count(self, request: str, status: int | str) -> None:
        """Count an answer, or that there was none."""
        with self._lock:
            self._statuses.setdefault(request, Counter())[str(status)] += 1

    def count_unexpected(self, request: str, status: int, detail: str) -> None:
        """Note an answer that nothing in the interface's promises explains."""
        with self._lock:
            self._unexpected[f"{request}: {status} {detail}"] += 1

    def time(self, name: str, seconds: float) -> None:
        """Keep a time."""
        with self._lock:
            self._seconds.setdefault(name, []).append(seconds)

    def statuses(self) -> dict[str, dict[str, int]]:
        """Return how often each request got each status."""
        with self._lock:
            return {
                name: dict(sorted(found.items())) for name, found in sorted(self._statuses.items())
            }

    def unexpected(self) -> dict[str, int]:
        """Return the unexplained answers."""
        with self._lock:
            return dict(self._unexpected)

    def percentiles(self) -> dict[str, Mapping[str, float]]:
        """Return p50, p99 and number of the times of each name."""
        with self._lock:
            return {name: percentiles_of(found) for name, found in sorted(self._seconds.items())}


def percentiles_of(seconds: Sequence[float]) -> dict[str, float]:
    """Return the number of times, and those that half and 99 of 100 do not exceed."""
    ordered = sorted(seconds)
    if not ordered:
        return {"n": 0}
    last = len(ordered) - 1
    return {
        "n": len(ordered),
        "p50_seconds": round(ordered[round(0.50 * last)], 3),
        "p99_seconds": round(ordered[round(0.99 * last)], 3),
        "max_seconds": round(ordered[-1], 3),
    }
