"""Checks what operators see of the queue, and what moving a row does."""

import pytest

from ground_truth.types import GroundTruth
from tests.webapp.world import HASTY, POLICY, Member, World, stages_csv
from webapp.database.models import Audience
from webapp.errors import RefusalCode, Refused
from webapp.services.operations.queue_rows import list_rows, quarantine, requeue
from webapp.services.release.allow_list import Viewer
from webapp.services.submissions.submissions import events
from webapp.services.work.execution import run
from webapp.services.work.queue import WorkItem, WorkKind, claim

ORGANISER = Viewer(is_organiser=True)


def organiser(world: World) -> int:
    return world.user(is_organiser=True)


def submitted(world: World) -> tuple[Member, str]:
    member = world.member()
    return member, world.submit(member, stages_csv()).public_id


def evaluation_of(world: World) -> WorkItem:
    (validation,) = world.waiting()
    outcome = world.run(validation)
    assert outcome is not None
    return outcome.follow_up[0]


def listed(world: World, *, only_quarantined: bool = False) -> list[tuple[str, str, str, int]]:
    with world.sessions() as session:
        rows = list_rows(session, only_quarantined=only_quarantined)
    return [(row.kind.value, row.public_id, row.state, row.attempt) for row in rows]


def test_rows_are_listed_by_public_id_and_state(world: World) -> None:
    member, public_id = submitted(world)
    assert listed(world) == [("validate", public_id, "received", 0)]

    item = evaluation_of(world)
    with world.sessions() as session:
        claim(session, item, POLICY)

    assert listed(world) == [("evaluate", public_id, "running", 1)]
    with world.sessions() as session:
        (row,) = list_rows(session)
    assert (row.team, row.phase) == (member.team, "stages")
    assert 0.0 <= row.age_seconds < 60.0


def test_a_quarantined_evaluation_that_is_put_back_is_scored(world: World) -> None:
    member, public_id = submitted(world)
    evaluation_of(world)
    by = organiser(world)
    with world.sessions() as session:
        quarantine(session, public_id=public_id, user_id=by, reason="it looks odd")
    assert listed(world, only_quarantined=True) == [("evaluate", public_id, "quarantined", 0)]
    assert world.waiting() == []
    assert world.view(public_id, member.viewer).refunded

    with world.sessions() as session:
        requeue(session, public_id=public_id, user_id=by, reason="the disk is mended")
    world.work()

    view = world.view(public_id, member.viewer)
    assert (view.state, view.score, view.refunded) == ("scored", 1.0, True)
    assert world.violations() == {}


@pytest.mark.parametrize("kind", [WorkKind.VALIDATE, WorkKind.EVALUATE])
def test_a_row_given_up_after_three_lost_leases_is_put_back_with_all_its_attempts(
    world: World, kind: WorkKind
) -> None:
    _, public_id = submitted(world)
    item = evaluation_of(world) if kind is WorkKind.EVALUATE else world.waiting()[0]
    table = "evaluation" if kind is WorkKind.EVALUATE else "submission"
    world.execute(f"UPDATE {table} SET attempt = 2")  # noqa: S608 - a literal
    with world.sessions() as session:
        claim(session, item, HASTY)
    world.execute(f"UPDATE {table} SET lease_expires_at = '2020-01-01 00:00:00.000000'")  # noqa: S608
    with world.sessions() as session:
        assert claim(session, item, POLICY) is None
    assert [row[2:] for row in listed(world, only_quarantined=True)] == [("quarantined", 3)]

    with world.sessions() as session:
        requeue(session, public_id=public_id, user_id=organiser(world), reason="mended")

    assert [row[3] for row in listed(world)] == [0]
    world.work()
    assert world.execute("SELECT state FROM evaluation") == [("scored",)]
    assert world.violations() == {}


def test_who_moved_a_row_and_why_is_kept_for_organisers(world: World) -> None:
    _, public_id = submitted(world)
    by = organiser(world)
    with world.sessions() as session:
        quarantine(session, public_id=public_id, user_id=by, reason="it looks odd")
        requeue(session, public_id=public_id, user_id=by, reason="it was not")

        told = events(session, public_id=public_id, viewer=ORGANISER)

    moves = [one for one in told if one.kind in {"work.quarantined", "work.requeued"}]
    assert [one.detail for one in moves] == [{"reason": "it looks odd"}, {"reason": "it was not"}]
    assert {one.audience for one in moves} == {Audience.ORGANISER}
    by_whom = world.execute("SELECT user_id FROM event WHERE kind LIKE 'work.%ed' AND user_id > 0")
    assert by_whom == [(by,), (by,)]


def test_the_claim_of_a_row_that_is_put_back_commits_nothing(world: World) -> None:
    _, public_id = submitted(world)
    item = evaluation_of(world)
    by = organiser(world)

    def load_and_lose(version: str) -> GroundTruth:
        with world.sessions() as session:
            requeue(session, public_id=public_id, user_id=by, reason="it hangs")
        return world.load_truth(version)

    assert run(world.sessions, world.storage, load_and_lose, item, POLICY) is None
    assert world.execute("SELECT state, attempt FROM evaluation") == [("queued", 0)]
    world.work()
    assert world.execute("SELECT state, attempt FROM evaluation") == [("scored", 1)]
    assert world.violations() == {}


def test_what_is_done_cannot_be_moved(world: World) -> None:
    _, public_id = submitted(world)
    world.work()
    by = organiser(world)

    for move in (requeue, quarantine):
        with world.sessions() as session, pytest.raises(Refused) as refused:
            move(session, public_id=public_id, user_id=by, reason="again")
        assert refused.value.code is RefusalCode.WRONG_STATE


def test_only_organisers_move_rows_and_only_rows_there_are(world: World) -> None:
    member, public_id = submitted(world)
    with world.sessions() as session, pytest.raises(Refused) as refused:
        requeue(session, public_id=public_id, user_id=member.user_id, reason="mine")
    assert refused.value.code is RefusalCode.FORBIDDEN

    with world.sessions() as session, pytest.raises(Refused) as refused:
        requeue(session, public_id="sub_none", user_id=organiser(world), reason="which")
    assert refused.value.code is RefusalCode.NOT_FOUND
