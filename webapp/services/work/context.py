"""Bundles what a worker needs for one item: sessions, files, truths, policy and claim."""

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
    """What a worker needs to do one claimed item."""

    session_factory: Callable[[], Session]
    storage: BlobStore
    load_truth: Callable[[str], GroundTruth]
    policy: WorkPolicy
    claimed: Claim
    keeper: LeaseKeeper


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state in which an item ended, and the items that follow from it."""

    item: WorkItem
    state: str
    follow_up: tuple[WorkItem, ...] = ()
