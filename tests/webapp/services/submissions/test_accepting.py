from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from tests.webapp.world import (
    FAR_OFF,
    LONG_AGO,
    ONE_OFF,
    Maker,
    Member,
    World,
    set_clock_of_phase,
    stages_csv,
)
from webapp.database.models import Submission
from webapp.errors import RefusalCode, Refused
from webapp.services.submissions import quotas
from webapp.services.submissions.idempotency import Reservation, finish, reserve
from webapp.services.submissions.submissions import Accepted, accept

PARALLEL = 24
ROUNDS = 4


def together(actions: list[Callable[[], Accepted]]) -> list[Accepted | Refused]:
    """Start all actions at the same moment; return each one's result or refusal."""
    start = Barrier(len(actions))

    def act(action: Callable[[], Accepted]) -> Accepted | Refused:
        start.wait()
        try:
            return action()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(act, actions))


def race(world: World, member: Member) -> list[Accepted | Refused]:
    return together([lambda: world.submit(member, stages_csv())] * PARALLEL)


def accepted(answers: list[Accepted | Refused]) -> list[Accepted]:
    return [answer for answer in answers if isinstance(answer, Accepted)]


def test_24_parallel_files_on_a_quota_of_3_give_3_submissions(world: World) -> None:
    for _ in range(ROUNDS):
        member = world.member()

        answers = race(world, member)

        codes = [answer.code for answer in answers if isinstance(answer, Refused)]
        assert len(accepted(answers)) == 3
        assert codes == [RefusalCode.QUOTA_EXHAUSTED] * 21
        rows = world.execute(
            "SELECT count(*) FROM submission WHERE team_id = :team", team=member.team_id
        )
        assert rows == [(3,)]
    assert world.violations() == {}


def test_without_the_lock_the_same_race_breaks_the_quota_on_postgresql(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if world.database.name == "sqlite":
        pytest.skip("SQLite has one writer at a time, so counting and inserting cannot interleave")

    def no_lock(session: Session, team_id: int, phase_id: int) -> None:
        del session, team_id, phase_id

    monkeypatch.setattr(quotas, "lock_quota", no_lock)

    counts = [len(accepted(race(world, world.member()))) for _ in range(ROUNDS)]

    assert max(counts) > 3
    assert world.violations().keys() == {"I3"}


def test_the_same_key_20_times_in_parallel_gives_one_submission_and_one_charge(
    world: World,
) -> None:
    member = world.member()

    answers = together([lambda: world.submit(member, stages_csv(), key="k-1")] * 20)

    made = accepted(answers)
    codes = {answer.code for answer in answers if isinstance(answer, Refused)}
    assert len({answer.public_id for answer in made}) == 1
    assert [answer.replayed for answer in made].count(False) == 1
    assert codes <= {RefusalCode.IDEMPOTENCY_KEY_RUNNING}
    assert world.execute("SELECT count(*) FROM submission") == [(1,)]
    assert world.execute("SELECT count(*) FROM quota_entry") == [(1,)]


def test_a_repeated_request_is_replayed(world: World) -> None:
    member = world.member()
    first = world.submit(member, stages_csv(), key="k-1")

    second = world.submit(member, stages_csv(), key="k-1")

    assert (second.public_id, first.replayed, second.replayed) == (first.public_id, False, True)


def test_a_repeated_request_is_replayed_even_when_the_quota_is_used_up(make: Maker) -> None:
    world = make(quota_limit=1)
    member = world.member()
    first = world.submit(member, stages_csv(), key="k-1")

    assert world.submit(member, stages_csv(), key="k-1").public_id == first.public_id


def test_a_repeated_request_is_replayed_even_when_the_phase_has_closed(world: World) -> None:
    member = world.member()
    first = world.submit(member, stages_csv(), key="k-1")
    set_clock_of_phase(world, closes_at=LONG_AGO + timedelta(days=1))

    again = world.submit(member, stages_csv(), key="k-1")

    assert (again.public_id, again.replayed) == (first.public_id, True)
    with pytest.raises(Refused) as refused:
        world.submit(member, stages_csv(), key="k-2")
    assert refused.value.code is RefusalCode.PHASE_CLOSED
    assert world.execute("SELECT count(*) FROM idempotency_key") == [(1,)]


@pytest.mark.parametrize(("stages", "method"), [(FAR_OFF, "m"), (ONE_OFF, "another")])
def test_a_key_with_other_content_is_refused(
    world: World, stages: tuple[str, ...], method: str
) -> None:
    member = world.member()
    world.submit(member, stages_csv(ONE_OFF), key="k-1")

    with pytest.raises(Refused) as refused:
        world.submit(member, stages_csv(stages), key="k-1", method=method)

    assert refused.value.code is RefusalCode.IDEMPOTENCY_KEY_REUSED
    assert world.execute("SELECT count(*) FROM submission") == [(1,)]


def test_a_key_whose_first_request_is_running_is_refused_with_the_time_to_wait(
    world: World,
) -> None:
    member = world.member()
    refusals = []

    def chunks() -> Iterator[bytes]:
        with pytest.raises(Refused) as refused:
            world.submit(member, stages_csv(), key="k-1")
        refusals.append(refused.value)
        yield stages_csv()

    request = world.request(member, b"", key="k-1")
    accept(world.sessions, world.storage, replace(request, chunks=chunks(), expected_bytes=None))

    assert refusals[0].code is RefusalCode.IDEMPOTENCY_KEY_RUNNING
    assert refusals[0].retry_after_seconds is not None
    assert 0 < refusals[0].retry_after_seconds <= 5


def test_a_refused_request_leaves_its_key_free(make: Maker) -> None:
    world = make(quota_limit=1)
    first, second = world.member(), world.member()
    world.submit(first, stages_csv())
    with pytest.raises(Refused):
        world.submit(first, stages_csv(), key="k-1")

    assert world.execute("SELECT count(*) FROM idempotency_key") == [(0,)]
    assert not world.submit(second, stages_csv(), key="k-1").replayed


def test_a_key_of_a_request_that_died_is_taken_over(world: World) -> None:
    member = world.member()
    with world.sessions() as session:
        dead = reserve(session, member.team_id, "k-1", "a dead request")
    assert isinstance(dead, Reservation)
    world.execute("UPDATE idempotency_key SET lease_expires_at = created_at")

    taken = world.submit(member, stages_csv(), key="k-1")

    assert not taken.replayed
    with world.sessions() as session:
        submission = session.get_one(Submission, 1)
        with pytest.raises(Refused) as refused:
            finish(session, dead, "digest", submission)
    assert refused.value.code is RefusalCode.IDEMPOTENCY_KEY_RUNNING


def test_two_teams_may_use_the_same_key(world: World) -> None:
    first = world.submit(world.member(), stages_csv(), key="k-1")
    second = world.submit(world.member(), stages_csv(), key="k-1")

    assert first.public_id != second.public_id


@pytest.mark.parametrize("key", ["", "x" * 201, "new\nline", "ключ"])
def test_a_key_is_short_printable_ascii(world: World, key: str) -> None:
    with pytest.raises(Refused) as refused:
        world.submit(world.member(), stages_csv(), key=key)

    assert refused.value.field == "Idempotency-Key"


def test_somebody_elses_team_is_refused(world: World) -> None:
    one, other = world.member(), world.member()
    request = replace(world.request(one, stages_csv()), team_id=other.team_id)

    with pytest.raises(Refused) as refused:
        accept(world.sessions, world.storage, request)

    assert refused.value.code is RefusalCode.FORBIDDEN


def test_an_empty_file_is_refused_without_a_charge(world: World) -> None:
    member = world.member()

    with pytest.raises(Refused) as refused:
        world.submit(member, b"")

    assert refused.value.code is RefusalCode.FILE_EMPTY
    assert world.execute("SELECT count(*) FROM quota_entry") == [(0,)]
