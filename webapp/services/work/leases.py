"""Renews a claim's lease while its work goes on, and tells when the claim was lost."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from threading import Event, Thread

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.services.work.queue import Claim, WorkPolicy, renew

logger = logging.getLogger(__name__)


class LeaseLost(Exception):  # noqa: N818 - names what happened
    """Another worker has this work now; what is not committed is dropped."""


class WorkStopped(Exception):  # noqa: N818 - likewise
    """The process is to stop; its work goes back into the queue."""


class LeaseKeeper:
    """Renews one claim in a thread, every third of its lease, up to the time limit of the work.

    The work itself says that it goes on with `report_step`, in its own thread: only that tells
    whether it hangs.
    """

    def __init__(
        self,
        session_factory: Callable[[], Session],
        claimed: Claim,
        policy: WorkPolicy,
        on_step: Callable[[], None] | None = None,
    ) -> None:
        self._on_step = on_step
        self._session_factory = session_factory
        self._claimed = claimed
        self._ends_at = time.monotonic() + policy.max_work_seconds
        self._stop = Event()
        self._is_lost = Event()
        # A thread begins with an empty context, and would log lines that name no submission.
        keep = partial(copy_context().run, self._keep)
        self._thread = Thread(target=keep, name=f"lease-{claimed.item.id}", daemon=True)

    def start(self) -> None:
        """Start renewing."""
        self._thread.start()

    def stop(self) -> None:
        """Stop renewing and wait until the thread has ended."""
        self._stop.set()
        self._thread.join()

    def require_lease(self) -> None:
        """Report a step; raise `LeaseLost` if the claim is known to be lost."""
        if self._is_lost.is_set():
            raise LeaseLost
        self.report_step()

    def report_step(self) -> None:
        """Tell that the work goes on; raise `WorkStopped` if the process is to stop."""
        if self._on_step is not None:
            self._on_step()

    def _keep(self) -> None:
        while not self._stop.wait(self._claimed.lease_seconds / 3):
            if time.monotonic() > self._ends_at:
                return  # the work hangs; let the lease run out
            try:
                with self._session_factory() as session:
                    is_ours = renew(session, self._claimed)
            except SQLAlchemyError:  # the database is away; the next try can succeed in time
                logger.warning("lease not renewed")
                continue
            if not is_ours:
                self._is_lost.set()
                return


@contextmanager
def held_lease(
    session_factory: Callable[[], Session],
    claimed: Claim,
    policy: WorkPolicy,
    on_step: Callable[[], None] | None = None,
) -> Iterator[LeaseKeeper]:
    """Renew a claim until the block is left; ``on_step`` is called at each step of the work."""
    keeper = LeaseKeeper(session_factory, claimed, policy, on_step)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()
