import pytest

from tests.webapp.world import FAR_OFF, ONE_OFF, PERFECT, Maker, Member, World, stages_csv
from webapp.database.models import Release, Selection, TruthAccess
from webapp.errors import RefusalCode, Refused
from webapp.services.boards.leaderboard import Standings, standings
from webapp.services.release.allow_list import Viewer
from webapp.services.submissions.submissions import choose_final, set_flags, withdraw

ORGANISER = Viewer(is_organiser=True)
NEARLY_ONE_OFF = ("pN0(i+)", "pN0(i+)", "pN1mi", "pN2")
OPEN = {"truth_access": TruthAccess.PUBLIC, "release": Release.OPEN}


def board(world: World, viewer: Viewer | None = None) -> Standings:
    with world.sessions() as session:
        return standings(session, phase_slug="stages", viewer=viewer or Viewer())


def lines(world: World, viewer: Viewer | None = None) -> list[tuple[int | None, str, float | None]]:
    return [(row.rank, row.team, row.score) for row in board(world, viewer).rows]


def score(world: World, member: Member, *files: tuple[str, ...]) -> list[str]:
    """Submit and score files one after the other; return their ids."""
    ids = []
    for stages in files:
        ids.append(world.submit(member, stages_csv(stages)).public_id)
        world.work()
    return ids


def flag(world: World, public_id: str, **flags: bool) -> None:
    organiser = world.user(is_organiser=True)
    with world.sessions() as session:
        set_flags(session, public_id=public_id, user_id=organiser, **flags)


def test_ranks_are_1224_and_the_earlier_of_a_tie_comes_first(make: Maker) -> None:
    world = make(**OPEN)
    for team, stages in (("A", FAR_OFF), ("B", ONE_OFF), ("C", ONE_OFF), ("D", PERFECT)):
        score(world, world.member(f"Team {team}"), stages)

    assert lines(world) == [
        (1, "Team D", 1.0),
        (2, "Team B", 0.9286),
        (2, "Team C", 0.9286),
        (4, "Team A", -0.9429),
    ]


def test_hidden_truth_ranks_on_the_two_shown_decimals(make: Maker) -> None:
    world = make()
    score(world, world.member("First"), ONE_OFF)
    score(world, world.member("Second"), ONE_OFF)
    world.execute("DROP TRIGGER evaluation_scored" + _on(world))
    # 0.934 and 0.9286 are both shown as 0.93; the better one is later.
    world.execute("UPDATE evaluation SET score = 0.934 WHERE id = 2")

    assert lines(world) == [(1, "First", 0.93), (1, "Second", 0.93)]
    assert lines(world, ORGANISER) == lines(world)


def _on(world: World) -> str:
    return " ON evaluation" if world.database.name == "postgresql" else ""


def test_no_score_is_no_rank_and_never_the_last_place(make: Maker) -> None:
    world = make(**OPEN)
    score(world, world.member("None"), PERFECT)
    score(world, world.member("Some"), FAR_OFF)
    world.execute("DROP TRIGGER evaluation_scored" + _on(world))
    world.execute("UPDATE evaluation SET score = NULL, score_reason = 'single_class' WHERE id = 1")

    assert lines(world) == [(1, "Some", -0.9429), (None, "None", None)]


def test_best_latest_and_final_choose_differently(make: Maker) -> None:
    chosen = {}
    world = make(quota_limit=9, **OPEN)
    member = world.member("Team")
    first, _, _ = score(world, member, ONE_OFF, PERFECT, FAR_OFF)
    with world.sessions() as session:
        choose_final(session, public_id=first, user_id=member.user_id)
    for selection in Selection:
        world.execute("UPDATE phase SET selection = :selection", selection=selection.value)
        chosen[selection] = lines(world)

    assert chosen == {
        Selection.BEST: [(1, "Team", 1.0)],
        Selection.LATEST: [(1, "Team", -0.9429)],
        Selection.FINAL: [(1, "Team", 0.9286)],
    }


def test_without_a_choice_the_final_one_is_the_latest(make: Maker) -> None:
    world = make(selection=Selection.FINAL, **OPEN)
    score(world, world.member("Team"), PERFECT, ONE_OFF)

    assert lines(world) == [(1, "Team", 0.9286)]


def test_a_withdrawn_latest_means_no_row(make: Maker) -> None:
    world = make(selection=Selection.LATEST, **OPEN)
    member = world.member("Team")
    _, latest = score(world, member, PERFECT, ONE_OFF)
    with world.sessions() as session:
        withdraw(session, public_id=latest, user_id=member.user_id)

    assert lines(world) == []


def test_a_latest_withdrawn_before_it_was_evaluated_does_not_count(make: Maker) -> None:
    world = make(selection=Selection.LATEST, **OPEN)
    member = world.member("Team")
    score(world, member, PERFECT)
    unseen = world.submit(member, stages_csv(ONE_OFF)).public_id
    with world.sessions() as session:
        withdraw(session, public_id=unseen, user_id=member.user_id)

    assert lines(world) == [(1, "Team", 1.0)]


def test_a_withdrawn_best_gives_way_to_the_next(make: Maker) -> None:
    world = make(**OPEN)
    member = world.member("Team")
    _, best = score(world, member, ONE_OFF, PERFECT)
    with world.sessions() as session:
        withdraw(session, public_id=best, user_id=member.user_id)

    (row,) = board(world).rows
    assert (row.score, row.attempts) == (0.9286, 2)


def test_rejected_and_unscored_submissions_are_not_on_the_board(make: Maker) -> None:
    world = make(**OPEN)
    member = world.member("Team")
    world.submit(member, b"nonsense")
    world.work()
    world.submit(member, stages_csv())

    assert lines(world) == []


def test_baselines_and_organisers_are_listed_without_a_rank(make: Maker) -> None:
    world = make(quota_limit=9, **OPEN)
    (baseline, _) = score(world, world.member("Base"), PERFECT, ONE_OFF)
    flag(world, baseline, baseline=True)
    score(world, world.member("Hosts", is_organiser=True), PERFECT)

    rows = board(world).rows
    assert [(row.rank, row.team, row.badges) for row in rows] == [
        (1, "Base", ()),
        (None, "Base", ("baseline",)),
        (None, "Hosts", ("organisers",)),
    ]


@pytest.mark.parametrize("mark", ["hidden", "disqualified"])
def test_hidden_and_disqualified_ones_are_for_organisers_only(make: Maker, mark: str) -> None:
    world = make(**OPEN)
    (marked,) = score(world, world.member("Marked"), PERFECT)
    score(world, world.member("Plain"), ONE_OFF)
    flag(world, marked, **{mark: True})

    assert lines(world) == [(1, "Plain", 0.9286)]
    told = board(world, ORGANISER).rows
    assert [(row.rank, row.team, row.badges) for row in told] == [
        (1, "Plain", ()),
        (None, "Marked", (mark,)),
    ]


def test_a_sealed_board_shows_a_team_its_own_row_without_score(make: Maker) -> None:
    world = make(release=Release.SEALED)
    member, other = world.member("Own"), world.member("Other")
    score(world, member, ONE_OFF)
    score(world, other, PERFECT)

    assert lines(world) == []
    assert lines(world, member.viewer) == [(None, "Own", None)]
    assert board(world, member.viewer).decimals is None
    assert lines(world, ORGANISER) == [(1, "Other", 1.0), (2, "Own", 0.9286)]


def test_a_board_for_members_needs_a_sign_in(make: Maker) -> None:
    world = make(is_board_public=False)

    with pytest.raises(Refused) as refused:
        board(world)

    assert refused.value.code is RefusalCode.SIGN_IN_REQUIRED
    assert board(world, Viewer(user_id=world.user())).rows == ()


def test_the_version_changes_with_the_board_and_only_then(make: Maker) -> None:
    world = make(**OPEN)
    member = world.member()
    empty = board(world).version
    assert board(world).version == empty

    world.submit(member, stages_csv())
    assert board(world).version == empty
    world.work()

    assert board(world).version != empty


def test_only_the_phases_own_pair_is_on_the_board(make: Maker) -> None:
    world = make(**OPEN)
    score(world, world.member(), PERFECT)
    world.execute("UPDATE phase SET truth_version = 'ffffffffffff'")

    assert lines(world) == []


def test_the_rule_is_said_in_words(make: Maker) -> None:
    rule = board(make()).rule

    assert rule.startswith("The best submission of each team counts")
    assert "2 decimals" in rule
