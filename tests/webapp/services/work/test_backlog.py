"""Checks in which order work is claimed, against a second, slow implementation of the rule."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from sqlalchemy.orm import Session

from tests.webapp.world import POLICY, Member, World, stages_csv
from webapp.database.engine import read_clock
from webapp.database.models import (
    Evaluation,
    EvaluationState,
    Submission,
    SubmissionState,
    Upload,
    UploadState,
)
from webapp.services.work.backlog import count_waiting, fairest_items
from webapp.services.work.queue import WorkItem, WorkKind, claim

N_TEAMS = 3
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that waits, or was done `seconds_done` ago.

    Attributes
    ----------
    age_seconds : int
        Since it was added.
    rest_seconds : int
        Until it may be claimed; 0 for at once.
    """

    kind: WorkKind
    team: int
    age_seconds: int
    is_rescore: bool = False
    rest_seconds: int = 0
    seconds_done: int | None = None


KINDS = st.sampled_from([WorkKind.CHECK, WorkKind.VALIDATE, WorkKind.EVALUATE])
ROWS = st.builds(
    Row,
    kind=KINDS,
    team=st.integers(0, N_TEAMS - 1),
    age_seconds=st.integers(1, 5000),
    is_rescore=st.booleans(),
    rest_seconds=st.sampled_from([0, 0, 0, 500]),
    seconds_done=st.sampled_from([None, None, None, 100, 500, 700, 5000]),
)


@dataclass(slots=True)
class Bench:
    """Adds rows to a world in which nothing else waits."""

    world: World
    members: list[Member] = field(default_factory=list)

    def add(self, session: Session, row: Row) -> WorkItem:
        """Add a row, and the submission that an evaluation needs."""
        now, member = read_clock(session), self.members[row.team]
        added_at = now - timedelta(seconds=row.age_seconds)
        done_at = None if row.seconds_done is None else now - timedelta(seconds=row.seconds_done)
        not_before = now + timedelta(seconds=row.rest_seconds) if row.rest_seconds else None
        made: Upload | Submission | Evaluation
        if row.kind is WorkKind.CHECK:
            made = self._upload(member, added_at, done_at)
        elif row.kind is WorkKind.VALIDATE:
            made = self._submission(member, added_at, SubmissionState.RECEIVED)
            made.validated_at = done_at
        else:
            submission = self._submission(member, added_at, SubmissionState.ACCEPTED)
            session.add(submission)
            session.flush()
            made = self._evaluation(submission, row, added_at, done_at)
        made.not_before = not_before
        session.add(made)
        session.flush()
        _end(session, made, row)
        return WorkItem(row.kind, made.id)

    def _upload(self, member: Member, added_at: datetime, done_at: datetime | None) -> Upload:
        return Upload(
            public_id=f"upl_{next(_NUMBERS)}",
            team_id=member.team_id,
            user_id=member.user_id,
            phase_id=self.world.phase.id,
            filename="f",
            state=UploadState.COMPLETE,
            created_at=added_at,
            checked_at=done_at,
        )

    def _submission(self, member: Member, added_at: datetime, state: SubmissionState) -> Submission:
        return Submission(
            public_id=f"sub_{next(_NUMBERS)}",
            phase_id=self.world.phase.id,
            team_id=member.team_id,
            user_id=member.user_id,
            filename="f",
            sha256="0" * 64,
            size=1,
            state=state,
            submitted_at=added_at,
        )

    def _evaluation(
        self, submission: Submission, row: Row, added_at: datetime, done_at: datetime | None
    ) -> Evaluation:
        return Evaluation(
            submission_id=submission.id,
            team_id=submission.team_id,
            is_rescore=row.is_rescore,
            scoring="0" * 12,
            truth_version="0" * 12,
            state=EvaluationState.QUEUED,
            created_at=added_at,
            finished_at=done_at,
        )


def _end(session: Session, made: Upload | Submission | Evaluation, row: Row) -> None:
    """Move a row that is done along its arrows to a final state."""
    if row.seconds_done is None:
        return
    arrows = {
        WorkKind.CHECK: (UploadState.CHECKING, UploadState.CHECKED),
        WorkKind.VALIDATE: (SubmissionState.VALIDATING, SubmissionState.REJECTED),
        WorkKind.EVALUATE: (EvaluationState.RUNNING, EvaluationState.FAILED),
    }
    for state in arrows[row.kind]:
        made.state = state  # type: ignore[assignment] # each of its own kind
        session.flush()


def expected_order(rows: dict[WorkItem, Row]) -> list[WorkItem]:
    """Return the items in the order of the rule, by looking at all of them each time."""
    load = Counter(
        row.team for row in rows.values() if row.seconds_done is not None and row.seconds_done < 600
    )
    waiting = {
        item: row for item, row in rows.items() if row.seconds_done is None and not row.rest_seconds
    }
    order = []
    while waiting:
        first = min(waiting, key=lambda item: _rank(item, waiting[item], load))
        load[waiting.pop(first).team] += 1
        order.append(first)
    return order


def _rank(item: WorkItem, row: Row, load: Counter[int]) -> tuple[object, ...]:
    is_rescore = row.kind is WorkKind.EVALUATE and row.is_rescore
    is_evaluation = row.kind is WorkKind.EVALUATE
    return (is_rescore, is_evaluation, load[row.team], -row.age_seconds, item.kind, item.id)


def claimed_order(world: World) -> Iterator[WorkItem]:
    """Claim the item whose turn it is, until nothing waits."""
    while True:
        with world.sessions() as session:
            items = fairest_items(session)
        if not items:
            return
        item = items[0]
        with world.sessions() as session:
            assert claim(session, item, replace(POLICY, lease_seconds=3600)) is not None
        yield item


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # a smaller case would take minutes to find
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(ROWS, min_size=1, max_size=12))
def test_work_is_claimed_in_the_order_of_the_rule(world: World, rows: list[Row]) -> None:
    bench = Bench(world, [world.member() for _ in range(N_TEAMS)])  # new ones have done nothing
    with world.sessions() as session:
        # Ages differ, so that the order of their times is that of the ages.
        spread = [
            replace(row, age_seconds=row.age_seconds * 20 + at) for at, row in enumerate(rows)
        ]
        added = {bench.add(session, row): row for row in spread}
        session.commit()

    assert list(claimed_order(world)) == expected_order(added)


def test_ten_teams_with_one_file_each_come_before_the_third_of_a_team_with_fifty(
    world: World,
) -> None:
    bench = Bench(world, [world.member() for _ in range(11)])
    crowd = [Row(WorkKind.EVALUATE, 0, 2000 - number) for number in range(50)]
    late = [Row(WorkKind.EVALUATE, team, 10 - team // 2) for team in range(1, 11)]
    with world.sessions() as session:
        team_of = {bench.add(session, row): row.team for row in [*crowd, *late]}
        session.commit()

    order = [team_of[item] for item in claimed_order(world)]

    assert sorted(order[1:11]) == list(range(1, 11))
    assert order[0] == 0
    assert order[11:] == [0] * 49


def test_what_waits_is_counted_up_to_a_limit(world: World) -> None:
    bench = Bench(world, [world.member()])
    with world.sessions() as session:
        for number in range(3):
            bench.add(session, Row(WorkKind.VALIDATE, 0, number))
        bench.add(session, Row(WorkKind.VALIDATE, 0, 1, rest_seconds=500))
        session.commit()

        assert count_waiting(session, limit=8) == 3
        assert count_waiting(session, limit=2) == 2


def test_a_withdrawn_submission_waits_for_nobody(world: World) -> None:
    bench = Bench(world, [world.member()])
    with world.sessions() as session:
        item = bench.add(session, Row(WorkKind.EVALUATE, 0, 5))
        session.commit()
        assert fairest_items(session) == [item]
    world.execute("UPDATE submission SET state = 'withdrawn'")

    with world.sessions() as session:
        assert fairest_items(session) == []
        assert count_waiting(session, limit=8) == 0


def test_submitting_queues_an_item_of_the_team(world: World) -> None:
    world.submit(world.member(), stages_csv())

    with world.sessions() as session:
        assert fairest_items(session) == [WorkItem(WorkKind.VALIDATE, 1)]
