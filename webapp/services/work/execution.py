"""Does one item of work: claims, computes and commits it; safe to call twice at any time."""

import errno
import logging
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from ground_truth.types import GroundTruth
from webapp.services.boards.statistics import claim_statistics, release_statistics
from webapp.services.records.identifiers import new_lease_token
from webapp.services.work.checking import check_upload, validate_submission
from webapp.services.work.context import Outcome, WorkContext
from webapp.services.work.evaluations import evaluate_submission
from webapp.services.work.leases import LeaseLost, WorkStopped, held_lease
from webapp.services.work.queue import (
    Claim,
    WorkItem,
    WorkKind,
    WorkPolicy,
    claim,
    fairest_items,
    release_claim,
)
from webapp.services.work.rank_sets import rank_board
from webapp.services.work.recovery import (
    PLATFORM_REST_SECONDS,
    expired_items,
    give_back,
    recover_expired,
)
from webapp.services.work.tracing import log_context
from webapp.storage import BlobStore

__all__ = ["Outcome", "Slot", "WorkStopped", "has_work", "is_platform_fault", "run", "run_next"]

logger = logging.getLogger(__name__)

_WORK_OF_KIND: dict[WorkKind, Callable[[WorkContext], Outcome | None]] = {
    WorkKind.CHECK: check_upload,
    WorkKind.VALIDATE: validate_submission,
    WorkKind.EVALUATE: evaluate_submission,
}

_DATABASE_FAULTS = (OperationalError, InterfaceError, PoolTimeoutError)
"""Of a connection that is lost, a lock or a statement that took too long, a full disk."""

_DISK_FAULTS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ENFILE, errno.EMFILE, errno.ENOMEM}
)

_Undecided = tuple[WorkItem, str, str]
"""An item, the token of a claim on it that goes back, and why."""


@dataclass(slots=True)
class Slot:
    """What a slot of a worker needs to do one item after the other.

    Attributes
    ----------
    reading : callable
        Opens a session that only reads, so that looking for work takes no lock.
    on_claim : callable, optional
        Called with an item that has been claimed, before its work begins.
    on_step : callable, optional
        Called as the work goes on; raises `WorkStopped` to end it.
    undecided : list
        Claims that could not be given back yet, because the database did not answer.
    """

    session_factory: Callable[[], Session]
    reading: Callable[[], AbstractContextManager[Session]]
    storage: BlobStore
    load_truth: Callable[[str], GroundTruth]
    policy: WorkPolicy
    on_claim: Callable[[WorkItem], None] | None = None
    on_step: Callable[[], None] | None = None
    undecided: list[_Undecided] = field(default_factory=list)


def run_next(slot: Slot) -> WorkItem | None:
    """Claim the item whose turn it is, and do it; None if nothing waits.

    Raises as `run` does. Claims that were left in doubt are given back first.
    """
    settle(slot)
    _recover(slot)
    claimed = _claim_fairest(slot)
    if claimed is None:
        return None
    _do(slot, claimed)
    return claimed.item


def settle(slot: Slot) -> None:
    """Give back what could not be given back before; raises while the database is away."""
    while slot.undecided:
        item, token, reason = slot.undecided[0]
        with slot.session_factory() as session:
            give_back(session, item, token, reason, PLATFORM_REST_SECONDS)
        slot.undecided.pop(0)


def has_work(slot: Slot) -> bool:
    """Tell whether something can be claimed."""
    with slot.reading() as session:
        return bool(fairest_items(session))


def run(
    session_factory: Callable[[], Session],
    storage: BlobStore,
    load_truth: Callable[[str], GroundTruth],
    item: WorkItem,
    policy: WorkPolicy,
) -> Outcome | None:
    """Claim an item and do it; None if there was nothing to do or the claim was lost.

    A participant's fault and a damaged file end in a state of the row. After an unexpected error
    the claim is released, to be tried again later (the third time the row is quarantined), and the
    error is raised again. A fault of database or disk does not count as one of the three.
    """
    slot = Slot(session_factory, session_factory, storage, load_truth, policy)
    claimed = _claim(slot, item)
    return None if claimed is None else _do(slot, claimed)


def is_platform_fault(error: BaseException) -> bool:
    """Tell whether database or disk failed, not the work."""
    if isinstance(error, _DATABASE_FAULTS):
        return True
    return isinstance(error, OSError) and error.errno in _DISK_FAULTS


def _recover(slot: Slot) -> None:
    if not slot.policy.recovers_expired:
        return
    with slot.reading() as session:
        is_needed = bool(expired_items(session, limit=1))
    if is_needed:
        with slot.session_factory() as session:
            recover_expired(session, doubt_seconds=slot.policy.doubt_seconds)


def _claim_fairest(slot: Slot) -> Claim | None:
    with slot.reading() as session:
        items = fairest_items(session)
    for item in items:
        claimed = _claim(slot, item)
        if claimed is not None:
            return claimed
    return None


def _claim(slot: Slot, item: WorkItem) -> Claim | None:
    if item.kind is WorkKind.RANK:
        with slot.session_factory() as session:
            return Claim(item, "", 0, 0.0) if claim_statistics(session, item.id) else None
    token = new_lease_token()
    try:
        with slot.session_factory() as session:
            return claim(session, item, slot.policy, token)
    except _DATABASE_FAULTS:
        slot.undecided.append((item, token, "database"))  # it may have been committed
        raise


def _do(slot: Slot, claimed: Claim) -> Outcome | None:
    names = log_context(slot.session_factory, claimed.item)
    with bound_contextvars(attempt=claimed.attempt, **names):
        began = time.monotonic()
        if slot.on_claim is not None:
            slot.on_claim(claimed.item)
        try:
            outcome = _work(slot, claimed)
        except LeaseLost:
            logger.warning("lease lost")
            return None
        except WorkStopped:
            logger.info("work stopped, it goes back")
            with slot.session_factory() as session:
                give_back(session, claimed.item, claimed.token, "worker_stopped")
            raise
        except Exception as error:
            _log(error)
            _end_failed(slot, claimed, error)
            raise
        _log_end(outcome, time.monotonic() - began)
        return outcome


def _work(slot: Slot, claimed: Claim) -> Outcome | None:
    if claimed.item.kind is WorkKind.RANK:
        return rank_board(slot.session_factory, slot.storage, claimed.item)
    with held_lease(slot.session_factory, claimed, slot.policy, slot.on_step) as keeper:
        context = WorkContext(
            slot.session_factory, slot.storage, slot.load_truth, slot.policy, claimed, keeper
        )
        return _WORK_OF_KIND[claimed.item.kind](context)


def _end_failed(slot: Slot, claimed: Claim, error: Exception) -> None:
    is_platforms = is_platform_fault(error)
    if claimed.item.kind is WorkKind.RANK:
        with slot.session_factory() as session:
            release_statistics(session, claimed.item.id, is_counted=not is_platforms)
    elif is_platforms:
        slot.undecided.append((claimed.item, claimed.token, "platform"))
        settle(slot)
    else:
        with slot.session_factory() as session:
            release_claim(session, claimed, slot.policy, type(error).__name__)


def _log_end(outcome: Outcome | None, seconds: float) -> None:
    state = "claim lost" if outcome is None else str(outcome.state)
    logger.info("work ended", extra={"state": state, "seconds": round(seconds, 3)})


def _log(error: Exception) -> None:
    """Log an error's type and places, not its text, which may quote a file or the truth."""
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error("work failed: %s\n%s", type(error).__name__, places)
