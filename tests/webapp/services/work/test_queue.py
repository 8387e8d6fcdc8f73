import time
from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from ground_truth.types import GroundTruth
from tests.webapp.world import HASTY, POLICY, Maker, World, stages_csv
from webapp.database.engine import read_clock
from webapp.database.models import Audience
from webapp.services.release.allow_list import Viewer
from webapp.services.submissions.submissions import events, withdraw
from webapp.services.submissions.uploads import receive, upload
from webapp.services.work.execution import run
from webapp.services.work.queue import Claim, WorkItem, WorkPolicy, claim, next_items, renew

ORGANISER = Viewer(is_organiser=True)
LEASE_OVER_SECONDS = 0.25
"""A little longer than the lease of HASTY."""


def take(world: World, item: WorkItem, policy: WorkPolicy = POLICY) -> Claim | None:
    with world.sessions() as session:
        return claim(session, item, policy)


def lose_lease(world: World, item: WorkItem, policy: WorkPolicy = HASTY) -> Claim:
    """Claim an item and let the lease run out, as a killed worker does."""
    claimed = take(world, item, policy)
    assert claimed is not None
    time.sleep(LEASE_OVER_SECONDS)
    return claimed


def queued(world: World) -> WorkItem:
    """Submit a file and validate it; return the evaluation that waits."""
    world.submit(world.member(), stages_csv())
    (validate,) = world.waiting()
    outcome = world.run(validate)
    assert outcome is not None
    return outcome.follow_up[0]


def test_an_item_is_claimed_once(world: World) -> None:
    item = queued(world)

    assert take(world, item) is not None
    assert take(world, item) is None
    assert world.waiting() == []


def test_a_renewed_lease_lasts(world: World) -> None:
    item = queued(world)
    claimed = take(world, item, replace(HASTY, lease_seconds=3.0))
    assert claimed is not None

    for _ in range(4):
        time.sleep(1.0)
        with world.sessions() as session:
            assert renew(session, claimed)
        assert take(world, item) is None


def test_an_expired_lease_is_taken_over_with_another_token(world: World) -> None:
    item = queued(world)
    lost = lose_lease(world, item)
    assert world.waiting() == [item]

    taken = take(world, item)

    assert taken is not None
    assert (taken.attempt, taken.token != lost.token) == (2, True)
    with world.sessions() as session:
        assert not renew(session, lost)
    assert world.violations() == {}


def test_without_recovery_an_expired_lease_is_lost_for_good(world: World) -> None:
    item = queued(world)
    policy = replace(HASTY, recovers_expired=False)
    lose_lease(world, item, policy)

    assert take(world, item, policy) is None
    assert world.execute("SELECT state FROM evaluation") == [("running",)]


def run_and_be_overtaken(world: World, item: WorkItem, policy: WorkPolicy) -> object:
    """Run an item with a worker that sleeps past its lease while another takes the item over."""
    overtaken: list[Claim | None] = []

    def load_slowly(version: str) -> GroundTruth:
        # No thread renews the lease meanwhile, as in a stopped process.
        time.sleep(LEASE_OVER_SECONDS)
        overtaken.append(take(world, item))
        return world.load_truth(version)

    asleep = replace(policy, lease_seconds=0.2, max_work_seconds=0.0)
    outcome = run(world.sessions, world.storage, load_slowly, item, asleep)
    assert overtaken[0] is not None
    return outcome


def test_a_worker_that_slept_past_its_lease_commits_nothing(world: World) -> None:
    item = queued(world)

    outcome = run_and_be_overtaken(world, item, POLICY)

    assert outcome is None
    assert world.execute("SELECT state, score FROM evaluation") == [("running", None)]
    assert world.violations() == {}


def test_without_the_fence_the_same_worker_commits_over_the_other(world: World) -> None:
    item = queued(world)

    outcome = run_and_be_overtaken(world, item, replace(POLICY, is_fenced=False))

    assert outcome is not None
    assert world.violations() == {"I9": 1}


def test_without_the_fence_a_score_is_still_never_overwritten(world: World) -> None:
    item = queued(world)

    def load_slowly(version: str) -> GroundTruth:
        time.sleep(LEASE_OVER_SECONDS)
        assert world.run(item) is not None
        return world.load_truth(version)

    unfenced = WorkPolicy("late", lease_seconds=0.2, max_work_seconds=0.0, is_fenced=False)
    with pytest.raises(DBAPIError, match=r"immutable|no such arrow"):
        run(world.sessions, world.storage, load_slowly, item, unfenced)

    assert world.execute("SELECT count(*) FROM event WHERE kind = 'work.committed'") == [(2,)]


def test_work_longer_than_its_lease_is_kept_by_renewing(world: World) -> None:
    item = queued(world)

    def load_slowly(version: str) -> GroundTruth:
        time.sleep(4.0)
        assert take(world, item) is None
        return world.load_truth(version)

    outcome = run(
        world.sessions, world.storage, load_slowly, item, replace(HASTY, lease_seconds=3.0)
    )

    assert outcome is not None
    assert outcome.state == "scored"


def test_the_third_lost_evaluation_is_quarantined_refunded_once_and_told(world: World) -> None:
    item = queued(world)
    for _ in range(3):
        lose_lease(world, item)

    assert take(world, item) is None
    assert take(world, item) is None

    assert world.execute("SELECT state, attempt FROM evaluation") == [("quarantined", 3)]
    assert world.execute("SELECT kind, count(*) FROM quota_entry GROUP BY kind ORDER BY kind") == [
        ("charge", 1),
        ("refund", 1),
    ]
    (public_id,) = world.execute("SELECT public_id FROM submission")[0]
    with world.sessions() as session:
        told = events(session, public_id=public_id, viewer=ORGANISER)
    alerts = [one for one in told if one.kind == "alert.quarantined"]
    assert [one.audience for one in alerts] == [Audience.ORGANISER]
    assert world.violations() == {}


def test_the_third_lost_validation_is_quarantined_and_refunded(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    (item,) = world.waiting()
    for _ in range(3):
        lose_lease(world, item)

    assert take(world, item) is None

    view = world.view(accepted.public_id, member.viewer)
    assert (view.state, view.refunded) == ("quarantined", True)
    assert world.violations() == {}


def test_the_third_lost_check_ends_as_checked_with_a_problem(world: World) -> None:
    member = world.member()
    with world.sessions() as session:
        received = receive(
            session,
            world.storage,
            user_id=member.user_id,
            phase_slug="stages",
            filename="stages.csv",
            chunks=[stages_csv()],
            expected_bytes=None,
            max_bytes=1000,
            arrived_at=read_clock(session),
        )
    (item,) = world.waiting()
    for _ in range(3):
        lose_lease(world, item)

    assert take(world, item) is None

    with world.sessions() as session:
        view = upload(session, public_id=received.public_id, user_id=member.user_id)
    assert view.state == "checked"
    assert view.report is not None
    assert view.report["problems"][0]["code"] == "check_failed"
    assert world.violations() == {}


def test_a_withdrawn_submission_is_not_evaluated(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    (validate,) = world.waiting()
    outcome = world.run(validate)
    assert outcome is not None

    with world.sessions() as session:
        withdraw(session, public_id=accepted.public_id, user_id=member.user_id)

    assert world.waiting() == []
    assert world.run(outcome.follow_up[0]) is None


def test_a_submission_withdrawn_while_it_is_validated_stays_withdrawn(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    (validate,) = world.waiting()
    assert take(world, validate, HASTY) is not None

    with world.sessions() as session:
        view = withdraw(session, public_id=accepted.public_id, user_id=member.user_id)
    time.sleep(LEASE_OVER_SECONDS)

    assert (view.state, view.refunded) == ("withdrawn", True)
    assert world.run(validate) is None
    assert world.violations() == {}


def test_what_waits_is_listed_with_the_oldest_first(make: Maker) -> None:
    world = make(quota_limit=9)
    member = world.member()
    for _ in range(3):
        world.submit(member, stages_csv())
        time.sleep(0.01)

    with world.sessions() as session:
        oldest = next_items(session, limit=2)

    assert [item.id for item in oldest] == [1, 2]
