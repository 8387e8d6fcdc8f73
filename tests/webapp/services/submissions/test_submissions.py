from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.webapp.world import (
    FAR_OFF,
    LONG_AGO,
    ONE_OFF,
    POLICY,
    Maker,
    World,
    set_clock_of_phase,
    stages_csv,
)
from webapp.database.engine import read_clock
from webapp.database.models import Audience
from webapp.errors import RefusalCode, Refused
from webapp.services.people.teams import join_team, team_of
from webapp.services.phases.method_cards import MethodCard
from webapp.services.release.allow_list import Viewer
from webapp.services.submissions.quotas import quota
from webapp.services.submissions.submissions import (
    accept,
    choose_final,
    events,
    list_submissions,
    set_flags,
    submission,
    withdraw,
)
from webapp.services.work.queue import claim

ORGANISER = Viewer(is_organiser=True)
NEXT_CENTURY = datetime(2100, 1, 1, tzinfo=UTC)


def remaining(world: World, team_id: int) -> int:
    with world.sessions() as session:
        return quota(session, team_id=team_id, phase_id=world.phase.id).remaining


def now(world: World) -> datetime:
    with world.sessions() as session:
        return read_clock(session)


def test_another_teams_submission_does_not_exist(world: World) -> None:
    accepted = world.submit(world.member(), stages_csv())
    stranger = world.member()

    for viewer in (stranger.viewer, Viewer(), Viewer(user_id=world.user())):
        with world.sessions() as session, pytest.raises(Refused) as refused:
            submission(session, public_id=accepted.public_id, viewer=viewer)
        assert refused.value.code is RefusalCode.NOT_FOUND
        with world.sessions() as session, pytest.raises(Refused) as refused:
            events(session, public_id=accepted.public_id, viewer=viewer)
        assert refused.value.code is RefusalCode.NOT_FOUND
        with world.sessions() as session:
            assert list_submissions(session, viewer=viewer) == []


def test_a_team_lists_its_own_and_organisers_list_all(world: World) -> None:
    one, other = world.member("Alpha"), world.member("Beta")
    for member in (one, other, one):
        world.submit(member, stages_csv())

    with world.sessions() as session:
        own = list_submissions(session, viewer=one.viewer, phase_slug="stages")
        everything = list_submissions(session, viewer=ORGANISER)
        nothing = list_submissions(session, viewer=one.viewer, phase_slug="other")

    assert [view.team for view in own] == ["Alpha", "Alpha"]
    assert [view.attempts for view in own] == [2, 2]
    assert [view.team for view in everything] == ["Alpha", "Beta", "Alpha"]
    assert nothing == []


def test_withdrawing_before_the_first_claim_gives_the_attempt_back(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    world.run(world.waiting()[0])

    for _ in range(2):  # the second time changes nothing
        with world.sessions() as session:
            view = withdraw(session, public_id=accepted.public_id, user_id=member.user_id)
        assert (view.state, view.refunded) == ("withdrawn", True)

    assert remaining(world, member.team_id) == 3
    assert world.violations() == {}


def test_withdrawing_after_the_first_claim_keeps_the_charge(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    (validate,) = world.waiting()
    outcome = world.run(validate)
    assert outcome is not None
    with world.sessions() as session:
        assert claim(session, outcome.follow_up[0], POLICY) is not None

    with world.sessions() as session:
        view = withdraw(session, public_id=accepted.public_id, user_id=member.user_id)

    assert (view.state, view.refunded) == ("withdrawn", False)
    assert remaining(world, member.team_id) == 2


def test_a_scored_submission_can_be_withdrawn_and_shows_no_score(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    world.work()

    with world.sessions() as session:
        view = withdraw(session, public_id=accepted.public_id, user_id=member.user_id)

    assert (view.state, view.score, view.refunded) == ("withdrawn", None, False)


def test_only_a_captain_withdraws_and_only_while_the_phase_is_open(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    second = world.user()
    with world.sessions() as session:
        team = team_of(session, member.user_id)
        assert team is not None
        join_team(session, user_id=second, join_code=team.join_code)

    with world.sessions() as session, pytest.raises(Refused) as refused:
        withdraw(session, public_id=accepted.public_id, user_id=second)
    assert refused.value.code is RefusalCode.FORBIDDEN

    set_clock_of_phase(world, closes_at=now(world))
    with world.sessions() as session, pytest.raises(Refused) as refused:
        withdraw(session, public_id=accepted.public_id, user_id=member.user_id)
    assert refused.value.code is RefusalCode.PHASE_CLOSED


def test_a_rejected_submission_cannot_be_withdrawn(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, b"nonsense")
    world.work()

    with world.sessions() as session, pytest.raises(Refused) as refused:
        withdraw(session, public_id=accepted.public_id, user_id=member.user_id)

    assert refused.value.code is RefusalCode.WRONG_STATE


def test_the_last_chosen_submission_is_the_final_one(world: World) -> None:
    member = world.member()
    first = world.submit(member, stages_csv(FAR_OFF))
    second = world.submit(member, stages_csv(ONE_OFF))
    world.work()

    for chosen in (first, second, second, first):
        with world.sessions() as session:
            choose_final(session, public_id=chosen.public_id, user_id=member.user_id)

    assert world.view(first.public_id, member.viewer).is_final
    assert not world.view(second.public_id, member.viewer).is_final


def test_only_organisers_set_flags_and_each_change_is_logged_for_them(world: World) -> None:
    member, organiser = world.member(), world.user(is_organiser=True)
    accepted = world.submit(member, stages_csv())
    with world.sessions() as session, pytest.raises(Refused) as refused:
        set_flags(session, public_id=accepted.public_id, user_id=member.user_id, hidden=True)
    assert refused.value.code is RefusalCode.FORBIDDEN

    for _ in range(2):  # the second time changes nothing
        with world.sessions() as session:
            view = set_flags(
                session,
                public_id=accepted.public_id,
                user_id=organiser,
                hidden=True,
                disqualified=True,
            )

    assert view.badges == ("disqualified", "hidden")
    assert world.view(accepted.public_id, member.viewer).badges == ("disqualified",)
    with world.sessions() as session:
        flagged = [
            one
            for one in events(session, public_id=accepted.public_id, viewer=ORGANISER)
            if one.kind == "submission.flags"
        ]
    assert [one.audience for one in flagged] == [Audience.ORGANISER]
    assert flagged[0].detail == {"is_hidden": True, "is_disqualified": True}


def test_events_are_read_on_from_the_last_one(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    world.work()

    with world.sessions() as session:
        all_of_them = events(session, public_id=accepted.public_id, viewer=member.viewer)
        rest = events(
            session, public_id=accepted.public_id, viewer=member.viewer, after=all_of_them[2].id
        )

    assert [one.to_state for one in all_of_them] == [
        "received",
        "validating",
        "accepted",
        "queued",
        "running",
        "scored",
    ]
    assert rest == all_of_them[3:]


@pytest.mark.parametrize(
    ("opens_in_s", "closes_in_s", "arrived_s", "refusal"),
    [
        (0, 60, 0, None),  # open at the very start
        (1, 60, 0, RefusalCode.PHASE_NOT_OPEN),
        (-60, 0, 0, RefusalCode.PHASE_CLOSED),  # closed at the very end
        (-60, -5, -6, None),  # arrived in time, accepted in the grace period
        (-60, -5, -4, RefusalCode.PHASE_CLOSED),
        (-9000, -7200, -7201, RefusalCode.PHASE_CLOSED),  # the grace period is over
    ],
)
def test_a_file_counts_as_created_when_its_request_arrived(
    world: World,
    opens_in_s: int,
    closes_in_s: int,
    arrived_s: int,
    refusal: RefusalCode | None,
) -> None:
    request = world.request(world.member(), stages_csv())
    at = request.arrived_at
    set_clock_of_phase(
        world,
        opens_at=at + timedelta(seconds=opens_in_s),
        closes_at=at + timedelta(seconds=closes_in_s),
    )
    late = replace(request, arrived_at=at + timedelta(seconds=arrived_s))

    if refusal is None:
        assert not accept(world.sessions, world.storage, late).replayed
        return
    with pytest.raises(Refused) as refused:
        accept(world.sessions, world.storage, late)
    assert refused.value.code is refusal


def test_a_submission_is_scored_after_the_phase_has_closed(make: Maker) -> None:
    world = make(closes_at=NEXT_CENTURY)
    member = world.member()
    accepted = world.submit(member, stages_csv())
    set_clock_of_phase(world, closes_at=LONG_AGO + timedelta(days=1))

    world.work()

    assert world.view(accepted.public_id, member.viewer).state == "scored"


@pytest.mark.parametrize(
    "card",
    [
        MethodCard(method="x" * 121),
        MethodCard(description="a\x00b"),
        MethodCard(method="right\u202eleft"),
        MethodCard(link="javascript:alert(1)"),
        MethodCard(link="https://example.org/ a"),
        MethodCard(link='https://example.org/"onload'),
    ],
)
def test_a_card_that_could_harm_a_page_is_refused(world: World, card: MethodCard) -> None:
    request = replace(world.request(world.member(), stages_csv()), card=card)

    with pytest.raises(Refused) as refused:
        accept(world.sessions, world.storage, request)

    assert refused.value.code is RefusalCode.INVALID_FIELD


def test_a_file_name_is_kept_for_display_only(world: World) -> None:
    member = world.member()
    request = replace(world.request(member, stages_csv()), filename="..\\a/../\x1b[31m<b>.csv")

    accepted = accept(world.sessions, world.storage, request)

    assert world.view(accepted.public_id, member.viewer).filename == "_[31m<b>.csv"
