from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from ground_truth.types import Kind
from ground_truth.versions.version import case_list
from tests.webapp.world import LONG_AGO, Maker, Member, World, stages_csv
from webapp.database.models import QuotaEntry
from webapp.errors import RefusalCode, Refused
from webapp.services.phases.challenges import PhaseSpec, add_phase
from webapp.services.submissions.quotas import QuotaView, grant, quota, refund
from webapp.services.submissions.submissions import accept


def view(world: World, member: Member) -> QuotaView:
    with world.sessions() as session:
        return quota(session, team_id=member.team_id, phase_id=world.phase.id)


def move_charges(world: World, days: float) -> None:
    """Move all charges into the past, with the append-only trigger removed meanwhile."""
    with world.sessions() as session:
        rows = session.query(QuotaEntry).all()
        values = [
            {
                "team_id": row.team_id,
                "phase_id": row.phase_id,
                "submission_id": row.submission_id,
                "kind": row.kind,
                "amount": row.amount,
                "reason": row.reason,
                "charged_at": row.charged_at - timedelta(days=days),
            }
            for row in rows
        ]
    with world.database.engine.begin() as connection:
        if world.database.name == "postgresql":
            connection.exec_driver_sql("TRUNCATE quota_entry")
        else:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS quota_entry_delete")
            connection.exec_driver_sql("DELETE FROM quota_entry")
        connection.execute(QuotaEntry.__table__.insert(), values)  # type: ignore[attr-defined]


def test_a_quota_for_life_is_used_up_for_good(world: World) -> None:
    member = world.member()
    for _ in range(3):
        world.submit(member, stages_csv())

    assert view(world, member) == QuotaView(3, 0, 3, 0, None, None)
    with pytest.raises(Refused) as refused:
        world.submit(member, stages_csv())
    assert refused.value.code is RefusalCode.QUOTA_EXHAUSTED
    assert refused.value.extra["remaining"] == 0


def test_a_rolling_quota_frees_an_attempt_when_its_charge_leaves_the_window(make: Maker) -> None:
    world = make(quota_limit=2, quota_window_days=7)
    member = world.member()
    world.submit(member, stages_csv())
    move_charges(world, 6.5)
    world.submit(member, stages_csv())

    full = view(world, member)
    assert (full.remaining, full.window_days) == (0, 7)
    with world.sessions() as session:
        oldest = session.query(QuotaEntry).order_by(QuotaEntry.charged_at).first()
        assert oldest is not None
        assert full.next_at == oldest.charged_at + timedelta(days=7)
    move_charges(world, 0.6)
    assert view(world, member).remaining == 1


def test_a_refund_goes_to_the_window_of_its_charge(make: Maker) -> None:
    world = make(quota_limit=2, quota_window_days=7)
    member = world.member()
    world.submit(member, stages_csv())
    move_charges(world, 8)  # the charge has left the window
    world.submit(member, stages_csv())
    assert view(world, member).used == 1

    with world.sessions() as session:
        assert refund(session, 1, "late")
        session.commit()

    # Refunded in the window that is over, so nothing becomes free in this one.
    assert view(world, member).used == 1


def test_a_charge_is_given_back_once(world: World) -> None:
    member = world.member()
    world.submit(member, stages_csv())

    given = []
    for _ in range(2):
        with world.sessions() as session:
            given.append(refund(session, 1, "reason"))
            session.commit()

    assert given == [True, False]
    assert view(world, member).used == 0


def test_limited_refunds_are_three_a_day(make: Maker) -> None:
    world = make(quota_limit=9)
    member = world.member()
    for _ in range(4):
        world.submit(member, stages_csv())

    given = []
    for submission_id in range(1, 5):
        with world.sessions() as session:
            given.append(refund(session, submission_id, "decoder killed", is_limited=True))
            session.commit()

    assert given == [True, True, True, False]


def test_limited_refunds_of_two_phases_at_once_are_three_a_day(make: Maker) -> None:
    world = make(quota_limit=9)
    member = world.member()
    with world.sessions() as session:
        spec = PhaseSpec("camelyon17", "other", "Other", Kind.STAGING, LONG_AGO, quota_limit=9)
        add_phase(session, spec, case_list(world.truth))
    sent = [
        accept(
            world.sessions,
            world.storage,
            replace(world.request(member, stages_csv()), phase_slug=slug),
        )
        for _ in range(4)
        for slug in ("stages", "other")
    ]
    start = Barrier(len(sent))

    def give_back(submission_id: int) -> bool:
        with world.sessions() as session:
            start.wait()
            given = refund(session, submission_id, "decoder killed", is_limited=True)
            session.commit()
        return given

    with ThreadPoolExecutor(len(sent)) as pool:
        given = list(pool.map(give_back, range(1, len(sent) + 1)))

    assert given.count(True) == 3


def test_what_was_never_charged_is_not_given_back(world: World) -> None:
    with world.sessions() as session:
        assert not refund(session, 4711, "reason")


def test_a_grant_adds_attempts(world: World) -> None:
    member, organiser = world.member(), world.user(is_organiser=True)

    with world.sessions() as session:
        granted = grant(
            session,
            team_id=member.team_id,
            phase_id=world.phase.id,
            amount=2,
            reason="the server was down",
            user_id=organiser,
        )

    assert (granted.limit, granted.granted, granted.remaining) == (3, 2, 5)


@pytest.mark.parametrize(("amount", "reason"), [(0, "r"), (-1, "r"), (1, " ")])
def test_a_grant_has_an_amount_and_a_reason(world: World, amount: int, reason: str) -> None:
    member = world.member()

    with world.sessions() as session, pytest.raises(Refused) as refused:
        grant(
            session,
            team_id=member.team_id,
            phase_id=world.phase.id,
            amount=amount,
            reason=reason,
            user_id=member.user_id,
        )

    assert refused.value.code is RefusalCode.INVALID_FIELD


def test_twenty_rejected_files_a_day_are_enough(world: World) -> None:
    member = world.member()
    for _ in range(20):
        world.submit(member, b"nonsense")
        world.work()

    with pytest.raises(Refused) as refused:
        world.submit(member, stages_csv())

    assert refused.value.code is RefusalCode.TOO_MANY_FAILURES
    assert refused.value.retry_after_seconds == 3600
    assert view(world, member).used == 0
