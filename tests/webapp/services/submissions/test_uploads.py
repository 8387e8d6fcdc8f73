from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from tests.webapp.world import Maker, Member, World, set_clock_of_phase, stages_csv
from webapp.database.engine import read_clock
from webapp.errors import RefusalCode, Refused
from webapp.services.phases.method_cards import MethodCard
from webapp.services.submissions.submissions import AcceptUploadRequest, accept_upload
from webapp.services.submissions.uploads import UploadView, confirm, receive, upload

CARD = MethodCard("A method", "What it does", "https://example.org/paper")


def send(
    world: World, member: Member, content: bytes, arrived_at: datetime | None = None
) -> UploadView:
    with world.sessions() as session:
        return receive(
            session,
            world.storage,
            user_id=member.user_id,
            phase_slug="stages",
            filename="stages.csv",
            chunks=[content],
            expected_bytes=len(content),
            max_bytes=1000,
            arrived_at=arrived_at or read_clock(session),
        )


def look(world: World, member: Member, sent: UploadView) -> UploadView:
    with world.sessions() as session:
        return upload(session, public_id=sent.public_id, user_id=member.user_id)


def by_id(member: Member, sent: UploadView, key: str | None = None) -> AcceptUploadRequest:
    return AcceptUploadRequest(member.user_id, "stages", sent.public_id, CARD, key)


def test_an_upload_is_checked_confirmed_and_scored(world: World) -> None:
    member = world.member()
    sent = send(world, member, stages_csv())
    assert sent.state == "complete"
    world.work()
    checked = look(world, member, sent)
    assert (checked.state, checked.report and checked.report["problems"]) == ("checked", [])
    assert checked.quota.used == 0

    with world.sessions() as session:
        made = confirm(session, public_id=sent.public_id, user_id=member.user_id, card=CARD)

    assert (made.state, made.method, made.link) == ("queued", CARD.method, CARD.link)
    assert look(world, member, sent).quota.used == 1
    world.work()
    assert world.view(made.id, member.viewer).score == 1.0
    assert world.violations() == {}


def test_confirming_again_returns_the_same_submission(world: World) -> None:
    member = world.member()
    sent = send(world, member, stages_csv())
    world.work()

    def confirm_once(_: int) -> str:
        with world.sessions() as session:
            made = confirm(session, public_id=sent.public_id, user_id=member.user_id, card=CARD)
        return made.id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(confirm_once, range(8)))

    assert len(ids) == 1
    assert look(world, member, sent).submission in ids
    assert look(world, member, sent).quota.used == 1
    assert world.violations() == {}


def test_an_unchecked_upload_cannot_be_confirmed(world: World) -> None:
    member = world.member()
    sent = send(world, member, stages_csv())

    with world.sessions() as session, pytest.raises(Refused) as refused:
        confirm(session, public_id=sent.public_id, user_id=member.user_id, card=CARD)

    assert refused.value.code is RefusalCode.UPLOAD_NOT_CHECKED


def test_an_upload_with_problems_cannot_be_confirmed(world: World) -> None:
    member = world.member()
    sent = send(world, member, b"patient,stage\n")
    world.work()

    with world.sessions() as session, pytest.raises(Refused) as refused:
        confirm(session, public_id=sent.public_id, user_id=member.user_id, card=CARD)

    assert refused.value.code is RefusalCode.UPLOAD_HAS_PROBLEMS
    assert look(world, member, sent).report is not None


def test_an_upload_checked_against_another_case_list_cannot_be_confirmed(world: World) -> None:
    member = world.member()
    sent = send(world, member, stages_csv())
    world.work()
    world.execute("UPDATE upload SET case_list_id = NULL")

    with world.sessions() as session, pytest.raises(Refused) as refused:
        confirm(session, public_id=sent.public_id, user_id=member.user_id, card=CARD)

    assert refused.value.code is RefusalCode.CASE_LIST_CHANGED


def test_another_teams_upload_does_not_exist(world: World) -> None:
    sent = send(world, world.member(), stages_csv())

    with world.sessions() as session, pytest.raises(Refused) as refused:
        upload(session, public_id=sent.public_id, user_id=world.member().user_id)

    assert refused.value.code is RefusalCode.NOT_FOUND


def test_identical_bytes_are_pointed_out_before_they_cost_an_attempt(world: World) -> None:
    member = world.member()
    first = world.submit(member, stages_csv())

    assert send(world, member, stages_csv()).duplicate_of == first.public_id
    assert send(world, world.member(), stages_csv()).duplicate_of is None


def test_an_upload_begun_before_the_end_is_confirmed_in_the_grace_period(make: Maker) -> None:
    world = make(grace_seconds=1800)
    member = world.member()
    sent = send(world, member, stages_csv())
    world.work()
    with world.sessions() as session:
        now = read_clock(session)
    set_clock_of_phase(world, closes_at=now)

    with pytest.raises(Refused) as refused:
        send(world, member, stages_csv())
    assert refused.value.code is RefusalCode.PHASE_CLOSED
    with world.sessions() as session:
        made = confirm(session, public_id=sent.public_id, user_id=member.user_id, card=CARD)
    assert made.state == "queued"


def test_an_upload_that_was_still_arriving_at_the_end_is_in_time(make: Maker) -> None:
    world = make(grace_seconds=1800)
    member = world.member()
    with world.sessions() as session:
        end = read_clock(session)
    set_clock_of_phase(world, closes_at=end)

    sent = send(world, member, stages_csv(), arrived_at=end - timedelta(seconds=60))
    world.work()

    assert sent.created_at == end - timedelta(seconds=60)
    with world.sessions() as session:
        made = confirm(session, public_id=sent.public_id, user_id=member.user_id, card=CARD)
    assert made.state == "queued"
    with pytest.raises(Refused) as refused:
        send(world, member, stages_csv(), arrived_at=end)
    assert refused.value.code is RefusalCode.PHASE_CLOSED


def test_after_the_grace_period_nothing_is_confirmed(world: World) -> None:
    member = world.member()
    sent = send(world, member, stages_csv())
    world.work()
    with world.sessions() as session:
        over = read_clock(session) - timedelta(seconds=1)
    world.execute("UPDATE phase SET grace_seconds = 0")
    set_clock_of_phase(world, closes_at=over)

    with world.sessions() as session, pytest.raises(Refused) as refused:
        confirm(session, public_id=sent.public_id, user_id=member.user_id, card=CARD)

    assert refused.value.code is RefusalCode.PHASE_CLOSED


def test_an_upload_by_id_is_confirmed_when_checked_and_validated_when_not(world: World) -> None:
    member = world.member()
    checked, unchecked = send(world, member, stages_csv()), send(world, member, stages_csv())
    world.run(world.waiting()[0])

    first = accept_upload(world.sessions, by_id(member, checked, "k-1"))
    second = accept_upload(world.sessions, by_id(member, unchecked))
    again = accept_upload(world.sessions, by_id(member, checked, "k-1"))

    assert world.view(first.public_id, member.viewer).state == "queued"
    assert world.view(second.public_id, member.viewer).state == "received"
    assert (again.public_id, again.replayed) == (first.public_id, True)
    with pytest.raises(Refused) as refused:
        accept_upload(world.sessions, by_id(member, checked))
    assert refused.value.code is RefusalCode.UPLOAD_ALREADY_CONFIRMED
    world.work()
    assert world.view(second.public_id, member.viewer).state == "scored"
    assert world.violations() == {}


@pytest.mark.parametrize(
    ("expected", "code"),
    [(5, RefusalCode.INCOMPLETE_UPLOAD), (None, RefusalCode.FILE_TOO_LARGE)],
)
def test_a_cut_or_too_large_file_leaves_nothing(
    world: World, expected: int | None, code: RefusalCode
) -> None:
    member = world.member()

    with world.sessions() as session, pytest.raises(Refused) as refused:
        receive(
            session,
            world.storage,
            user_id=member.user_id,
            phase_slug="stages",
            filename="stages.csv",
            chunks=[b"four"],
            expected_bytes=expected,
            max_bytes=3 if expected is None else 1000,
            arrived_at=read_clock(session),
        )

    assert refused.value.code is code
    assert list(world.storage.list_blobs()) == []
    assert world.execute("SELECT count(*) FROM upload") == [(0,)]


def test_twenty_unconfirmed_uploads_a_day_are_enough(world: World) -> None:
    member = world.member()
    for _ in range(20):
        send(world, member, stages_csv())

    with pytest.raises(Refused) as refused:
        send(world, member, stages_csv())

    assert refused.value.code is RefusalCode.TOO_MANY_FAILURES


def test_an_account_without_a_team_cannot_upload(world: World) -> None:
    nobody = Member(world.user(), 0, "")

    with pytest.raises(Refused) as refused:
        send(world, nobody, stages_csv())

    assert refused.value.code is RefusalCode.NO_TEAM
