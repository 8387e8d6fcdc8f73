import re

import pytest

from tests.webapp.world import World
from webapp.database.models import Scope
from webapp.errors import RefusalCode, Refused
from webapp.services.people.tokens import (
    TokenHolder,
    create_token,
    holder_of_token,
    list_tokens,
    note_use,
    revoke_token,
)

SUBMIT = frozenset({Scope.SUBMIT, Scope.READ})


def new_token(world: World, user_id: int, scopes: frozenset[Scope] = SUBMIT, days: int = 90) -> str:
    with world.sessions() as session:
        return create_token(session, user_id=user_id, name="laptop", scopes=scopes, days=days)


def test_a_token_speaks_for_its_user_team_and_scopes(world: World) -> None:
    member = world.member("Alpha")

    token = new_token(world, member.user_id)

    assert re.fullmatch(r"cam_[0-9A-Za-z]{49}", token)
    for _ in range(2):
        with world.sessions() as session:
            holder = holder_of_token(session, token)
        assert holder is not None
        assert holder.user.id == member.user_id
        assert holder.team is not None
        assert holder.team.name == "Alpha"
        assert holder.scopes == SUBMIT


def test_a_use_is_due_at_once_and_then_once_in_five_minutes(world: World) -> None:
    token = new_token(world, world.user())
    old = "'2026-01-01 00:00:00.000000'"

    first, unwritten = holder(world, token), world.execute("SELECT last_used_at FROM api_token")
    with world.sessions() as session:
        note_use(session, first.token_id)
    noted = world.execute("SELECT last_used_at FROM api_token")
    second = holder(world, token)
    with world.sessions() as session:
        note_use(session, second.token_id)
    kept = world.execute("SELECT last_used_at FROM api_token")
    world.execute(f"UPDATE api_token SET last_used_at = {old}")  # noqa: S608 - ours

    assert [first.is_use_due, second.is_use_due] == [True, False]
    assert unwritten == [(None,)]
    assert noted == kept != [(None,)]
    assert holder(world, token).is_use_due


def holder(world: World, token: str) -> TokenHolder:
    with world.sessions() as session:
        found = holder_of_token(session, token)
    assert found is not None
    return found


def test_only_a_hash_of_a_token_is_kept(world: World) -> None:
    token = new_token(world, world.user())

    assert token not in str(world.execute("SELECT * FROM api_token"))


def test_a_mistyped_or_made_up_token_is_nobodys(world: World) -> None:
    token = new_token(world, world.user())
    swapped = token[:10] + ("a" if token[10] != "a" else "b") + token[11:]

    with world.sessions() as session:
        for wrong in (swapped, token[:-1], token + "0", "", "cam_", "x" * 5000, "cam_ä"):
            assert holder_of_token(session, wrong) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE api_token SET expires_at = '2020-01-01 00:00:00.000000'",
        "UPDATE user_account SET is_disabled = true",
    ],
)
def test_an_expired_token_or_one_of_a_disabled_account_is_over(
    world: World, statement: str
) -> None:
    token = new_token(world, world.user())
    world.execute(statement)

    with world.sessions() as session:
        assert holder_of_token(session, token) is None


def test_a_token_is_taken_back_by_its_owner_alone(world: World) -> None:
    owner, other = world.user(), world.user()
    token = new_token(world, owner)
    with world.sessions() as session:
        (listed,) = list_tokens(session, owner)
        with pytest.raises(Refused) as refused:
            revoke_token(session, user_id=other, token_id=listed.id)
    assert refused.value.code is RefusalCode.NOT_FOUND
    assert (listed.name, listed.hint, listed.is_active) == ("laptop", token[:10], True)

    for _ in range(2):
        with world.sessions() as session:
            revoke_token(session, user_id=owner, token_id=listed.id)

    with world.sessions() as session:
        assert holder_of_token(session, token) is None
        assert [one.is_active for one in list_tokens(session, owner)] == [False]


def test_only_organisers_have_the_organisers_scope(world: World) -> None:
    scopes = frozenset({Scope.ORGANISE})

    assert new_token(world, world.user(is_organiser=True), scopes)
    with pytest.raises(Refused) as refused:
        new_token(world, world.user(), scopes)
    assert refused.value.code is RefusalCode.FORBIDDEN


@pytest.mark.parametrize(("scopes", "days"), [(frozenset(), 90), (SUBMIT, 0), (SUBMIT, 366)])
def test_a_token_has_a_scope_and_an_end_within_a_year(
    world: World, scopes: frozenset[Scope], days: int
) -> None:
    with pytest.raises(Refused) as refused:
        new_token(world, world.user(), scopes, days)

    assert refused.value.code is RefusalCode.INVALID_FIELD
