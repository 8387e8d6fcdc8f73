"""Does one item of work: claims, computes and commits it; safe to call twice at any time."""

import logging
import traceback
from collections.abc import Callable

from sqlalchemy.orm import Session

from ground_truth.types import GroundTruth
from webapp.services.work.checking import check_upload, validate_submission
from webapp.services.work.context import Outcome, WorkContext
from webapp.services.work.evaluations import evaluate_submission
from webapp.services.work.leases import LeaseLost, held_lease
from webapp.services.work.queue import Claim, WorkItem, WorkKind, WorkPolicy, claim, release_claim
from webapp.services.work.rank_sets import rank_board
from webapp.storage import BlobStore

__all__ = ["Outcome", "run"]

logger = logging.getLogger(__name__)

_WORK_OF_KIND: dict[WorkKind, Callable[[WorkContext], Outcome | None]] = {
    WorkKind.CHECK: check_upload,
    WorkKind.VALIDATE: validate_submission,
    WorkKind.EVALUATE: evaluate_submission,
}


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
    error is raised again.
    """
    if item.kind is WorkKind.RANK:
        return rank_board(session_factory, storage, item)
    with session_factory() as session:
        claimed = claim(session, item, policy)
    if claimed is None:
        return None
    try:
        with held_lease(session_factory, claimed, policy) as keeper:
            context = WorkContext(session_factory, storage, load_truth, policy, claimed, keeper)
            return _WORK_OF_KIND[item.kind](context)
    except LeaseLost:
        logger.warning("lease lost: %s %s attempt %s", item.kind, item.id, claimed.attempt)
        return None
    except Exception as error:
        _log(claimed, error)
        with session_factory() as session:
            release_claim(session, claimed, policy, type(error).__name__)
        raise


def _log(claimed: Claim, error: Exception) -> None:
    """Log an error's type and places, not its text, which may quote a file or the truth."""
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error(
        "work failed: %s %s attempt %s: %s\n%s",
        claimed.item.kind,
        claimed.item.id,
        claimed.attempt,
        type(error).__name__,
        places,
    )
