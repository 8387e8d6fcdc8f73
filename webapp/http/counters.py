"""Counts attempts in the broker's Redis, or in this process while Redis does not answer."""

import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from limits.storage import MemoryStorage, MovingWindowSupport, RedisStorage, Storage
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

SCHEME = "broker-or-memory"
"""Scheme by which the rate limiter finds `BrokerOrMemory`; its address comes as an option."""

PAUSE_SECONDS = 5.0
"""After a failure no thread asks Redis again for this long."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Breaker:
    """Tells all threads of a process at once that something does not answer.

    After a failure nobody may try for `PAUSE_SECONDS`. Then one thread probes, and the others go on
    without until it has succeeded.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._retry_at: float | None = None

    def may_try(self) -> bool:
        """Tell whether the calling thread may try; whoever may after a pause is the only one."""
        with self._lock:
            if self._retry_at is None:
                return True
            if self._clock() < self._retry_at:
                return False
            self._retry_at = self._clock() + PAUSE_SECONDS
            return True

    def note(self, *, has_answered: bool) -> None:
        """Note how a try went."""
        with self._lock:
            self._retry_at = None if has_answered else self._clock() + PAUSE_SECONDS


class BrokerOrMemory(Storage, MovingWindowSupport):
    """Counters that never fail and wait for Redis once, for a short time, in all threads together.

    What was counted in memory while Redis was away is not carried over: a limit may then let twice
    as many through, for one window.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - the library's own protocol

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,  # noqa: FBT001, FBT002 - likewise
        *,
        address: str = "",
        timeout_seconds: float = 0.0,
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self.breaker = Breaker()
        self._memory = MemoryStorage()
        self._redis = RedisStorage(
            address,
            socket_connect_timeout=timeout_seconds,
            socket_timeout=timeout_seconds,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type] # by default three more tries
        )

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """Return the errors that counting may raise: none."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count up."""
        return self._ask(self._redis.incr, self._memory.incr, key, expiry, amount)

    def get(self, key: str) -> int:
        """Return a count."""
        return self._ask(self._redis.get, self._memory.get, key)

    def get_expiry(self, key: str) -> float:
        """Return when a count ends."""
        return self._ask(self._redis.get_expiry, self._memory.get_expiry, key)

    def check(self) -> bool:
        """Tell that counting works, as it always does."""
        return True

    def reset(self) -> int | None:
        """Forget every count."""
        return self._ask(self._redis.reset, self._memory.reset)

    def clear(self, key: str) -> None:
        """Forget a count, in memory too."""
        self._memory.clear(key)
        self._ask(self._redis.clear, self._memory.clear, key)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count an attempt if it is within the limit, and tell whether it is."""
        return self._ask(
            self._redis.acquire_entry, self._memory.acquire_entry, key, limit, expiry, amount
        )

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return the window's start and how many attempts it holds."""
        return self._ask(
            self._redis.get_moving_window, self._memory.get_moving_window, key, limit, expiry
        )

    def _ask(
        self,
        broker: Callable[_P, _T],
        memory: Callable[_P, _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        if not self.breaker.may_try():
            return memory(*args, **kwargs)
        try:
            answer = broker(*args, **kwargs)
        except (RedisError, OSError):
            self.breaker.note(has_answered=False)
            return memory(*args, **kwargs)
        self.breaker.note(has_answered=True)
        return answer
