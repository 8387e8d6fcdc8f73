from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.webapp.world import LONG_AGO, World, set_clock_of_phase, stages_csv
from webapp.errors import RefusalCode, Refused
from webapp.services.people.team_names import clean_team_name, skeleton
from webapp.services.people.teams import (
    TeamView,
    create_team,
    join_team,
    leave_team,
    renew_join_code,
    team_of,
)


def team(world: World, user_id: int) -> TeamView | None:
    with world.sessions() as session:
        return team_of(session, user_id)


def found(world: World, user_id: int, name: str) -> TeamView:
    with world.sessions() as session:
        return create_team(session, user_id=user_id, name=name)


def test_a_founder_is_captain_and_others_join_by_the_code(world: World) -> None:
    captain, second = world.user(), world.user()
    founded = found(world, captain, "Deep  Nodes")

    with world.sessions() as session:
        joined = join_team(session, user_id=second, join_code=f" {founded.join_code} ")

    assert (founded.name, founded.role, joined.role) == ("Deep Nodes", "captain", "member")
    assert [member.role for member in joined.members] == ["captain", "member"]


def test_one_person_is_in_one_team_even_at_the_same_moment(world: World) -> None:
    user_id = world.user()

    def try_to(number: int) -> TeamView | RefusalCode:
        try:
            return found(world, user_id, f"Team {'abcd'[number]}")
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(try_to, range(4)))

    assert answers.count(RefusalCode.ALREADY_IN_TEAM) == 3
    assert world.execute("SELECT count(*) FROM team") == [(1,)]


def test_a_wrong_code_lets_nobody_in(world: World) -> None:
    captain = world.user()
    old = found(world, captain, "Alpha")
    with world.sessions() as session:
        renewed = renew_join_code(session, user_id=captain)

    assert renewed.join_code != old.join_code
    for code in (old.join_code, "", "join_x"):
        with world.sessions() as session, pytest.raises(Refused) as refused:
            join_team(session, user_id=world.user(), join_code=code)
        assert refused.value.code is RefusalCode.BAD_JOIN_CODE


def test_only_the_captain_renews_the_code(world: World) -> None:
    code = found(world, world.user(), "Alpha").join_code
    second = world.user()
    with world.sessions() as session:
        join_team(session, user_id=second, join_code=code)

    with world.sessions() as session, pytest.raises(Refused) as refused:
        renew_join_code(session, user_id=second)

    assert refused.value.code is RefusalCode.FORBIDDEN


def test_leaving_hands_the_captaincy_on(world: World) -> None:
    captain, second = world.user(), world.user()
    code = found(world, captain, "Alpha").join_code
    with world.sessions() as session:
        join_team(session, user_id=second, join_code=code)

    with world.sessions() as session:
        leave_team(session, user_id=captain)

    assert team(world, captain) is None
    left = team(world, second)
    assert left is not None
    assert left.role == "captain"
    with world.sessions() as session, pytest.raises(Refused) as refused:
        leave_team(session, user_id=captain)
    assert refused.value.code is RefusalCode.NO_TEAM


def test_nobody_leaves_while_the_team_has_attempts_in_an_open_phase(world: World) -> None:
    member = world.member()
    world.submit(member, stages_csv())
    with world.sessions() as session, pytest.raises(Refused) as refused:
        leave_team(session, user_id=member.user_id)
    assert refused.value.code is RefusalCode.TEAM_HAS_ATTEMPTS

    set_clock_of_phase(world, opens_at=LONG_AGO, closes_at=LONG_AGO.replace(year=2021))
    with world.sessions() as session:
        leave_team(session, user_id=member.user_id)
    assert team(world, member.user_id) is None


def test_an_organisers_team_is_marked(world: World) -> None:
    founded = found(world, world.user(), "Alpha")
    assert not founded.is_organisers

    with world.sessions() as session:
        join_team(session, user_id=world.user(is_organiser=True), join_code=founded.join_code)

    assert found(world, world.user(is_organiser=True), "Beta").is_organisers
    assert world.execute("SELECT is_organisers FROM team WHERE name = 'Alpha'")[0][0]


@pytest.mark.parametrize(
    "look_alike",
    ["PathLab", "path-lab", "Path Lab.", "Pathlab", "PathIab", "Path1ab", "РатһӀаЬ".lower()],
)
def test_a_name_that_looks_like_another_is_taken(world: World, look_alike: str) -> None:
    found(world, world.user(), "PathLab")
    if skeleton(look_alike) != skeleton("PathLab"):
        pytest.fail(f"{look_alike} reads {skeleton(look_alike)}")

    with pytest.raises(Refused) as refused:
        found(world, world.user(), look_alike)

    assert refused.value.code is RefusalCode.TEAM_NAME_TAKEN


@pytest.mark.parametrize(
    ("one", "other"),
    [("rn corner", "m comer"), ("0 zero", "O zero"), ("ape", "аре")],  # noqa: RUF001 - the point of it
)
def test_look_alikes_share_a_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize("name", ["abc", "Équipe 7", "Команда", "チーム 三", "a.b_c-d", "x" * 40])
def test_a_name_in_one_script_is_fine(name: str) -> None:
    assert clean_team_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "x" * 41,
        "a/b/c",
        "<script>",
        "pаypal",  # noqa: RUF001 - a Cyrillic letter is the point of it
        "zero\u200bwidth",
        "right\u202eleft",
        "---",
        "😀😀😀",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        clean_team_name(name)

    assert refused.value.code is RefusalCode.TEAM_NAME_INVALID
