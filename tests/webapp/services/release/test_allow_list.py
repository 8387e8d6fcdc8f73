"""Checks who reads what of a hidden truth, with values planted that nobody may meet."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

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
from webapp.database.engine import read_clock
from webapp.database.models import Release, Submission, Team, TruthAccess
from webapp.services.boards.leaderboard import standings
from webapp.services.phases.challenges import case_list, list_phases
from webapp.services.release.allow_list import Viewer, badges, released_report
from webapp.services.submissions.submissions import events, list_submissions
from webapp.services.submissions.uploads import receive, upload

ORGANISER = Viewer(is_organiser=True)
CANARY = "canary-6f1c"
# "-0." keeps it apart from fractions of a second, which can have the same decimals.
PLANTED_SCORE = -0.12345678
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def scored(world: World, member: Member) -> str:
    public_id = world.submit(member, stages_csv(ONE_OFF)).public_id
    world.work()
    return public_id


@pytest.mark.parametrize(
    ("access", "release", "score", "has_result"),
    [
        (TruthAccess.HIDDEN, Release.AGGREGATE, 0.93, False),
        (TruthAccess.HIDDEN, Release.LADDER, 0.92, False),
        (TruthAccess.HIDDEN, Release.SEALED, None, False),
        (TruthAccess.PUBLIC_AFTER_CLOSE, Release.AGGREGATE, 0.93, False),
        (TruthAccess.PUBLIC, Release.AGGREGATE, 0.93, False),
        (TruthAccess.PUBLIC, Release.OPEN, 0.9286, True),
    ],
)
def test_a_team_sees_of_its_score_what_the_release_says(
    make: Maker, access: TruthAccess, release: Release, score: float | None, *, has_result: bool
) -> None:
    world = make(truth_access=access, release=release)
    member = world.member()

    view = world.view(scored(world, member), member.viewer)

    assert (view.state, view.score, view.result is not None) == ("scored", score, has_result)
    whole = world.view(view.id, ORGANISER).result
    assert whole is not None
    assert whole["aggregates"]["score"] == pytest.approx(0.928571, abs=1e-6)


def test_an_open_release_never_holds_while_the_truth_is_hidden(make: Maker) -> None:
    world = make()
    world.execute("UPDATE phase SET release = 'open', after_close = 'open'")
    member = world.member()

    view = world.view(scored(world, member), member.viewer)

    assert (view.score, view.result) == (0.93, None)


def test_after_the_close_the_other_release_holds(make: Maker) -> None:
    world = make(
        truth_access=TruthAccess.PUBLIC_AFTER_CLOSE,
        release=Release.SEALED,
        after_close=Release.OPEN,
        grace_seconds=60,
    )
    member = world.member()
    public_id = scored(world, member)
    assert world.view(public_id, member.viewer).score is None

    set_clock_of_phase(world, closes_at=datetime.now(UTC) - timedelta(seconds=30))
    assert world.view(public_id, member.viewer).score is None  # the grace period is not the close

    set_clock_of_phase(world, closes_at=YESTERDAY)
    assert world.view(public_id, member.viewer).score == 0.9286
    assert world.view(public_id, member.viewer).result is not None


def test_why_a_score_is_undefined_is_told_only_when_the_truth_is_public(make: Maker) -> None:
    world = make()
    member = world.member()
    public_id = scored(world, member)
    on = " ON evaluation" if world.database.name == "postgresql" else ""
    world.execute("DROP TRIGGER evaluation_scored" + on)
    world.execute("UPDATE evaluation SET score = NULL, score_reason = 'single_class'")

    assert world.view(public_id, member.viewer).score_reason == "undefined"
    assert world.view(public_id, ORGANISER).score_reason == "single_class"
    world.execute("UPDATE phase SET truth_access = 'public'")
    assert world.view(public_id, member.viewer).score_reason == "single_class"


def everything_readable(world: World, member: Member, upload_id: str) -> str:
    """Return, as text, all that a participant, another team and the public can read of a phase."""
    rival = world.member()
    found: list[object] = []
    for viewer in (member.viewer, rival.viewer, Viewer()):
        with world.sessions() as session:
            views = list_submissions(session, viewer=viewer)
            found += [asdict(view) for view in views]
            found.append(asdict(standings(session, phase_slug="stages", viewer=viewer)))
            for view in views:
                found += [asdict(one) for one in events(session, public_id=view.id, viewer=viewer)]
    with world.sessions() as session:
        found.append(asdict(upload(session, public_id=upload_id, user_id=member.user_id)))
        found += [asdict(one) for one in list_phases(session)]
        found.append(case_list(session, "stages"))
    return json.dumps(found, default=str)


@pytest.mark.parametrize("release", [Release.AGGREGATE, Release.LADDER, Release.SEALED])
def test_nothing_planted_in_truth_or_result_reaches_a_participant(
    make: Maker, release: Release
) -> None:
    world = make(release=release, quota_limit=9)
    member = world.member()
    with world.sessions() as session:
        sent = receive(
            session,
            world.storage,
            user_id=member.user_id,
            phase_slug="stages",
            filename="f.csv",
            chunks=[stages_csv(FAR_OFF)],
            expected_bytes=None,
            max_bytes=1000,
            arrived_at=read_clock(session),
        )
    scored(world, member)
    world.submit(member, b"nonsense")
    world.submit(member, stages_csv())
    world.run(world.waiting()[0])
    world.truth.manifest[CANARY] = CANARY
    world.work()
    _plant(world)

    text = everything_readable(world, member, sent.public_id)

    assert CANARY not in text
    assert "-0.123" not in text
    assert ("-0.12" in text) is (release is not Release.SEALED)
    assert "confusion" not in text
    assert CANARY in json.dumps(
        [asdict(world.view(f"{row[0]}", ORGANISER)) for row in _ids(world)], default=str
    )


def _plant(world: World) -> None:
    on = " ON evaluation" if world.database.name == "postgresql" else ""
    world.execute("DROP TRIGGER evaluation_scored" + on)
    world.execute(
        "UPDATE evaluation SET score = :score, score_reason = :canary, result ="
        " '{\"case\": {\"canary-6f1c\": 1}}' WHERE state = 'scored'",
        score=PLANTED_SCORE,
        canary=CANARY,
    )
    world.execute(
        "INSERT INTO event (at, audience, kind, submission_id, detail) SELECT submitted_at,"
        " 'organiser', :canary, id, '{\"x\": \"canary-6f1c\"}' FROM submission",
        canary=CANARY,
    )


def _ids(world: World) -> list[tuple[str]]:
    return world.execute("SELECT public_id FROM submission")


def test_progress_is_told_in_units_of_the_public_case_list(make: Maker) -> None:
    world = make()
    member = world.member()

    view = world.view(scored(world, member), member.viewer)

    assert view.progress is not None
    assert (view.progress.done, view.progress.total) == (4, 4)


def test_a_phase_that_has_not_opened_shows_what_the_open_one_would(make: Maker) -> None:
    world = make(opens_at=LONG_AGO + timedelta(days=40_000))

    with world.sessions() as session:
        (phase,) = list_phases(session)

    assert (phase.state, phase.release_now) == ("upcoming", Release.AGGREGATE)


def test_a_report_shows_what_is_listed_and_no_field_that_is_added_to_it() -> None:
    listed: dict[str, object] = {"problems": [], "counts": {}, "notices": [], "warnings": []}

    assert released_report({**listed, "labels": ["tumour"]}) == listed
    assert released_report(None) is None


def test_that_a_submission_is_hidden_is_told_to_organisers_alone() -> None:
    submission = Submission(is_baseline=True, is_disqualified=False, is_hidden=True)
    team = Team(is_organisers=False)

    assert badges(submission, team, ORGANISER) == ("baseline", "hidden")
    assert badges(submission, team, Viewer(user_id=1, team_id=1)) == ("baseline",)
