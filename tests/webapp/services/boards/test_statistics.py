"""Checks that rank sets and best-of-k intervals are requested, computed once, shown as released."""

import json
from dataclasses import asdict

import pytest
from sqlalchemy import select

from tests.webapp.world import (
    FAR_OFF,
    ONE_OFF,
    PERFECT,
    POLICY,
    Maker,
    Member,
    World,
    stages_csv,
)
from webapp.database.models import BoardStatistics, Release, TruthAccess
from webapp.services.boards import statistics
from webapp.services.boards.leaderboard import Standings, standings
from webapp.services.boards.statistics import RankSetNote, claim_statistics
from webapp.services.operations.sweeping import sweep
from webapp.services.release.allow_list import Viewer
from webapp.services.submissions.submissions import set_flags, withdraw
from webapp.services.work.queue import WorkItem, WorkKind
from webapp.services.work.rank_sets import COMPUTED, SUPERSEDED

OPEN = {"truth_access": TruthAccess.PUBLIC, "release": Release.OPEN}


def submit(world: World, member: Member, *files: tuple[str, ...]) -> list[str]:
    """Submit and score files one after the other, without computing statistics."""
    ids = []
    for stages in files:
        ids.append(world.submit(member, stages_csv(stages)).public_id)
        while rest := [one for one in world.waiting() if one.kind is not WorkKind.RANK]:
            world.run(rest[0])
    return ids


def board(world: World, viewer: Viewer | None = None) -> Standings:
    with world.sessions() as session:
        return standings(session, phase_slug="stages", viewer=viewer or Viewer())


def rank_sets(world: World) -> list[tuple[str, int | None, tuple[int, int] | None]]:
    return [(row.team, row.rank, row.rank_set) for row in board(world).rows]


def bodies(world: World) -> list[str | None]:
    with world.sessions() as session:
        return list(session.scalars(select(BoardStatistics.body).order_by(BoardStatistics.id)))


def test_a_score_asks_for_statistics_and_a_worker_computes_them(make: Maker) -> None:
    world = make(**OPEN)
    submit(world, world.member("Far"), ONE_OFF)
    submit(world, world.member("Near"), PERFECT)
    assert rank_sets(world) == [("Near", 1, None), ("Far", 2, None)]
    assert board(world).rank_set_note is None

    (only,) = world.waiting()  # not the request of when only one team had a score

    done = world.run(only)
    assert done is not None
    assert done.state == COMPUTED
    # Four patients prove nothing: either can be first.
    assert rank_sets(world) == [("Near", 1, (1, 2)), ("Far", 2, (1, 2))]
    assert board(world).rank_set_note == RankSetNote(is_current=True, n_teams=2, is_partial=False)
    assert world.waiting() == []


def test_the_last_finished_sets_are_shown_while_newer_ones_are_on_the_way(make: Maker) -> None:
    world = make(**OPEN)
    submit(world, world.member("Team A"), ONE_OFF)
    world.work()
    version = board(world).version
    submit(world, world.member("Team B"), PERFECT)

    assert rank_sets(world) == [("Team B", 1, None), ("Team A", 2, (1, 1))]
    note = board(world).rank_set_note
    assert note is not None
    assert not note.is_current
    assert board(world).version != version

    world.work()
    assert board(world).rank_set_note == RankSetNote(is_current=True, n_teams=2, is_partial=False)


def test_a_board_that_changes_in_another_way_is_found_by_the_sweeper(make: Maker) -> None:
    world = make(**OPEN)
    member = world.member("Team A")
    (gone,) = submit(world, member, PERFECT)
    submit(world, world.member("Team B"), ONE_OFF)
    world.work()
    with world.sessions() as session:
        withdraw(session, public_id=gone, user_id=member.user_id)
    assert world.waiting() == []

    report = sweep(world.sessions, world.storage, POLICY)
    world.work()

    assert report.held_lock
    assert rank_sets(world) == [("Team B", 1, (1, 1))]


def test_baselines_and_organisers_are_outside_the_family(make: Maker) -> None:
    world = make(**OPEN)
    (baseline,) = submit(world, world.member("Base"), PERFECT)
    organiser = world.user(is_organiser=True)
    with world.sessions() as session:
        set_flags(session, public_id=baseline, user_id=organiser, baseline=True)
    submit(world, world.member("Hosts", is_organiser=True), PERFECT)
    submit(world, world.member("Team"), ONE_OFF)
    world.work()

    assert [line for line in rank_sets(world) if line[1]] == [("Team", 1, (1, 1))]
    assert [line[2] for line in rank_sets(world) if not line[1]] == [None, None]
    note = board(world).rank_set_note
    assert note is not None
    assert note.n_teams == 1


def test_the_interval_of_the_best_of_several_is_chosen_anew(make: Maker) -> None:
    world = make(**OPEN)
    member = world.member()
    ids = submit(world, member, ONE_OFF, FAR_OFF)

    (row,) = board(world).rows
    assert (row.submission, row.interval) == (ids[0], None)

    world.work()
    (row,) = board(world).rows
    assert row.interval is not None
    (body,) = [json.loads(text) for text in bodies(world) if text is not None]
    (entry,) = body["rows"]
    assert entry["interval"]["method"] == "reselected"
    assert len(entry["attempts"]) == 2
    assert world.view(ids[0], member.viewer).interval is not None


def test_what_is_told_apart_is_told_apart_by_the_sets(make: Maker) -> None:
    world = make(**OPEN)
    submit(world, world.member("Far"), FAR_OFF)
    submit(world, world.member("Near"), PERFECT)
    world.work()

    assert rank_sets(world) == [("Near", 1, (1, 1)), ("Far", 2, (2, 2))]


def test_without_replicates_there_are_no_sets(make: Maker) -> None:
    world = make(**OPEN)
    submit(world, world.member("Team A"), PERFECT)
    on = " ON evaluation" if world.database.name == "postgresql" else ""
    world.execute("DROP TRIGGER evaluation_scored" + on)
    world.execute("UPDATE evaluation SET replicates_sha256 = NULL")
    world.work()

    assert rank_sets(world) == [("Team A", 1, None)]
    assert [json.loads(text or "{}")["reason"] for text in bodies(world)] == ["no_replicates"]


@pytest.mark.parametrize("release", [Release.AGGREGATE, Release.SEALED])
def test_a_hidden_truth_lets_out_rank_sets_and_rounded_ends_at_most(
    make: Maker, release: Release
) -> None:
    world = make(release=release)
    for team, stages in (("A", ONE_OFF), ("B", PERFECT)):
        submit(world, world.member(f"Team {team}"), stages)
    world.work()

    shown = board(world)

    text = json.dumps(asdict(shown), default=str)
    if release is Release.SEALED:
        assert shown.rows == ()
        assert shown.rank_set_note is None
    else:
        assert [row.rank_set for row in shown.rows] == [(1, 2), (1, 2)]
        ends = [end for row in shown.rows for end in row.interval or ()]
        assert len(ends) == 4
        assert all(round(end, 2) == end for end in ends)
    for hidden in ("frequencies", "tau", "replicates", "n_units", "resample_sha256"):
        assert f'"{hidden}' not in text


def test_computing_twice_or_a_forged_item_changes_nothing(make: Maker) -> None:
    world = make(**OPEN)
    submit(world, world.member(), PERFECT)
    (item,) = world.waiting()
    assert world.run(item) is not None
    before = bodies(world)

    assert world.run(item) is None
    assert world.run(WorkItem(WorkKind.RANK, 4711)) is None
    assert bodies(world) == before


def test_a_worker_that_died_leaves_it_to_the_next_three_times_at_most(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "LEASE_SECONDS", -1.0)
    world = make(**OPEN)
    submit(world, world.member(), PERFECT)
    (item,) = world.waiting()

    for _ in range(3):
        assert world.waiting() == [item]
        with world.sessions() as session:
            assert claim_statistics(session, item.id)

    assert world.waiting() == []
    with world.sessions() as session:
        assert not claim_statistics(session, item.id)


def test_what_is_being_computed_is_not_taken_again(make: Maker) -> None:
    world = make(**OPEN)
    submit(world, world.member(), PERFECT)
    (item,) = world.waiting()
    with world.sessions() as session:
        assert claim_statistics(session, item.id)

    assert world.run(item) is None


def test_statistics_of_a_board_that_has_changed_meanwhile_are_not_computed(make: Maker) -> None:
    world = make(**OPEN)
    member = world.member("Team A")
    (gone,) = submit(world, member, PERFECT)
    (item,) = world.waiting()
    with world.sessions() as session:
        withdraw(session, public_id=gone, user_id=member.user_id)

    done = world.run(item)

    assert done is not None
    assert done.state == SUPERSEDED
    assert bodies(world) == []


def test_a_board_that_changes_often_has_one_request_that_waits(make: Maker) -> None:
    world = make(**OPEN)
    for name in ("Team A", "Team B", "Team C"):
        submit(world, world.member(name), ONE_OFF)

    assert bodies(world) == [None]
    assert len(world.waiting()) == 1
