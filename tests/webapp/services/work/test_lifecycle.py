"""Runs submissions through every order of events that hypothesis finds.

After each step every invariant holds, and at the end all work is finished.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.webapp.conftest import Databases
from tests.webapp.world import FAR_OFF, ONE_OFF, POLICY, World, make_world, stages_csv
from webapp.database.models import Evaluation, EvaluationState, Submission, SubmissionState
from webapp.errors import Refused
from webapp.services.operations.sweeping import sweep
from webapp.services.submissions.submissions import withdraw
from webapp.services.work import checking, evaluations
from webapp.services.work.context import WorkContext
from webapp.services.work.leases import LeaseKeeper
from webapp.services.work.queue import Claim, WorkKind, claim

EXAMPLES = int(os.environ.get("LIFECYCLE_EXAMPLES", "8"))
STEPS = 25
FILES = st.sampled_from([stages_csv(ONE_OFF), stages_csv(FAR_OFF), b"nonsense"])
LEASE = replace(POLICY, lease_seconds=3600.0)

EXPIRE = {
    WorkKind.CHECK: "UPDATE upload",
    WorkKind.VALIDATE: "UPDATE submission",
    WorkKind.EVALUATE: "UPDATE evaluation",
}
STEP = {
    WorkKind.VALIDATE: checking.validate_submission,
    WorkKind.EVALUATE: evaluations.evaluate_submission,
}


class Lifecycle(RuleBasedStateMachine):
    """Clients, workers that crash or commit late, sweepers, and captains who withdraw."""

    open_world: Callable[[], AbstractContextManager[World]]
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = self.stack.enter_context(self.open_world())
        self.members = [self.world.member(), self.world.member()]
        self.acknowledged: set[str] = set()

    @rule(who=st.integers(0, 1), content=FILES, key=st.sampled_from([None, "a", "b"]))
    def submit(self, who: int, content: bytes, key: str | None) -> None:
        try:
            accepted = self.world.submit(self.members[who], content, key)
        except Refused:
            return
        assert accepted.replayed == (accepted.public_id in self.acknowledged)
        self.acknowledged.add(accepted.public_id)

    @rule(target=claims, which=st.integers(0, 5))
    def take(self, which: int) -> object:
        items = self.world.waiting()
        if not items:
            return multiple()
        item = items[which % len(items)]
        if item.kind is WorkKind.RANK:  # done at once, since it has no claim that could be lost
            self.world.run(item)
            return multiple()
        with self.world.sessions() as session:
            claimed = claim(session, item, LEASE)
        return multiple() if claimed is None else claimed

    @rule(claimed=claims)
    def commit(self, claimed: Claim) -> None:
        """Finish a claim, possibly late, and possibly a second time."""
        is_holder = self._holds(claimed)
        keeper = LeaseKeeper(self.world.sessions, claimed, LEASE)
        context = WorkContext(
            self.world.sessions,
            self.world.storage,
            self.world.load_truth,
            LEASE,
            claimed,
            keeper,
        )
        outcome = STEP[claimed.item.kind](context)
        assert (outcome is not None) == is_holder

    @rule(claimed=claims)
    def expire(self, claimed: Claim) -> None:
        """Crash a worker, so that its lease runs out."""
        self.world.execute(
            f"{EXPIRE[claimed.item.kind]} SET lease_expires_at = '2020-01-01 00:00:00.000000'"
            " WHERE id = :id AND lease_token = :token",
            id=claimed.item.id,
            token=claimed.token,
        )

    @rule(who=st.integers(0, 1), which=st.integers(0, 5))
    def withdraw(self, who: int, which: int) -> None:
        ids = sorted(self.acknowledged)
        if not ids:
            return
        with self.world.sessions() as session:
            try:
                withdraw(
                    session,
                    public_id=ids[which % len(ids)],
                    user_id=self.members[who].user_id,
                )
            except Refused:
                session.rollback()

    @rule()
    def sweep(self) -> None:
        report = sweep(self.world.sessions, self.world.storage, LEASE)
        assert report.held_lock

    @invariant()
    def nothing_is_broken(self) -> None:
        broken = self.world.violations()
        broken.pop("I7", None)  # leases expire long ago here, and are recovered when swept
        assert broken == {}

    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        with self.world.sessions() as session:
            known = {row.public_id for row in session.query(Submission)}
        assert known == self.acknowledged

    def teardown(self) -> None:
        """Finish all work: nothing may be stuck."""
        try:
            for _ in range(4):
                self._expire_everything()
                sweep(self.world.sessions, self.world.storage, LEASE)
                self.world.work(LEASE)
            self._nothing_is_stuck()
            self.nothing_is_broken()
        finally:
            self.stack.close()

    def _holds(self, claimed: Claim) -> bool:
        table = EXPIRE[claimed.item.kind].split()[1]
        rows = self.world.execute(
            f"SELECT lease_token FROM {table} WHERE id = :id",  # noqa: S608 - names of ours
            id=claimed.item.id,
        )
        return bool(rows[0][0] == claimed.token)

    def _expire_everything(self) -> None:
        for statement in EXPIRE.values():
            self.world.execute(
                f"{statement} SET lease_expires_at = '2020-01-01 00:00:00.000000'"
                " WHERE lease_token IS NOT NULL"
            )

    def _nothing_is_stuck(self) -> None:
        with self.world.sessions() as session:
            unfinished = session.query(Submission).where(
                Submission.state.in_((SubmissionState.RECEIVED, SubmissionState.VALIDATING))
            )
            unscored = (
                session.query(Evaluation)
                .join(Submission, Submission.id == Evaluation.submission_id)
                .where(
                    Submission.state == SubmissionState.ACCEPTED,
                    Evaluation.state.in_((EvaluationState.QUEUED, EvaluationState.RUNNING)),
                )
            )
            assert (unfinished.count(), unscored.count()) == (0, 0)


def test_nothing_is_lost_doubled_or_stuck_whatever_happens(
    databases: Databases, tmp_path: Path
) -> None:
    @contextmanager
    def open_world() -> Iterator[World]:
        with databases() as database:
            yield make_world(database, tmp_path / uuid.uuid4().hex, quota_limit=3)

    machine = type("Machine", (Lifecycle,), {"open_world": staticmethod(open_world)})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=(
                Phase.generate,
            ),  # shrinking takes minutes; without it the failing steps are printed in full
            suppress_health_check=list(HealthCheck),
        ),
    )
