"""What a worker brings along: sessions, files, truths, its rules, and the claim it works under."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ground_truth.types import GroundTruth
from webapp.services.work.leases import LeaseKeeper
from webapp.services.work.queue import Claim, WorkPolicy
from webapp.services.work.states import WorkItem
from webapp.storage import BlobStore


@dataclass(frozen=True, slots=True)
class WorkContext:
    """Everything that doing one claimed item needs."""

    session_factory: Callable[[], Session]
    storage: BlobStore
    load_truth: Callable[[str], GroundTruth]
    policy: WorkPolicy
    claimed: Claim
    keeper: LeaseKeeper


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an item ended, and what can be done next."""

    item: WorkItem
    state: str
    follow_up: tuple[WorkItem, ...] = ()
