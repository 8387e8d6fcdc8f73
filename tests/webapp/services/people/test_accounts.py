from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.webapp.conftest import Database
from webapp.errors import RefusalCode, Refused
from webapp.services.people.accounts import (
    UserView,
    add_user,
    authenticate,
    end_all_sessions,
    end_session,
    note_seen,
    register,
    signed_in,
    start_session,
)

PASSWORD = "a long enough secret"
OLD = "'2020-01-01 00:00:00.000000'"


def new_user(database: Database, *, is_organiser: bool = False) -> UserView:
    with database.sessions() as session:
        return add_user(
            session,
            email=" Ada@Example.ORG ",
            name="Ada",
            password=PASSWORD,
            is_organiser=is_organiser,
        )


def execute(database: Database, statement: str) -> list[tuple[object, ...]]:
    with database.engine.begin() as connection:
        result = connection.exec_driver_sql(statement)
        return [tuple(row) for row in result] if result.returns_rows else []


def who_is(database: Database, secret: str) -> UserView | None:
    with database.sessions() as session:
        found = signed_in(session, secret)
    return None if found is None else found.user


def test_an_account_signs_in_with_its_address_in_any_case(database: Database) -> None:
    ada = new_user(database)

    with database.sessions() as session:
        assert ada.email == "ada@example.org"
        assert authenticate(session, email="ADA@example.org ", password=PASSWORD) == ada
        assert authenticate(session, email="ada@example.org", password=PASSWORD + "!") is None
        assert authenticate(session, email="eve@example.org", password=PASSWORD) is None


def test_a_disabled_account_does_not_sign_in(database: Database) -> None:
    ada = new_user(database)
    with database.sessions() as session:
        secret = start_session(session, ada.id)
    execute(database, "UPDATE user_account SET is_disabled = true")

    with database.sessions() as session:
        assert authenticate(session, email="ada@example.org", password=PASSWORD) is None
    assert who_is(database, secret) is None


def test_an_address_is_registered_once_even_at_the_same_moment(database: Database) -> None:
    def try_to(number: int) -> UserView | RefusalCode:
        with database.sessions() as session:
            try:
                return register(
                    session, email="ada@example.org", name=f"Ada {number}", password=PASSWORD
                )
            except Refused as refused:
                return refused.code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(try_to, range(4)))

    assert answers.count(RefusalCode.EMAIL_TAKEN) == 3
    assert execute(database, "SELECT count(*) FROM user_account") == [(1,)]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a b@example.org",
        "a@b@c",
        "a\n@example.org",
        "ad\u200ba@example.org",
        "ad\u202ea@example.org",
        "x" * 310 + "@example.org",
    ],
)
def test_what_is_no_address_is_refused(database: Database, email: str) -> None:
    with database.sessions() as session, pytest.raises(Refused) as refused:
        register(session, email=email, name="Ada", password=PASSWORD)

    assert refused.value.code is RefusalCode.EMAIL_INVALID


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", RefusalCode.PASSWORD_TOO_SHORT),
        ("x" * 12, RefusalCode.PASSWORD_TOO_COMMON),
        ("Password1234", RefusalCode.PASSWORD_TOO_COMMON),
        ("ab" * 65, RefusalCode.PASSWORD_TOO_LONG),
    ],
)
def test_a_weak_password_is_refused(database: Database, password: str, code: RefusalCode) -> None:
    with database.sessions() as session, pytest.raises(Refused) as refused:
        register(session, email="ada@example.org", name="Ada", password=password)

    assert (refused.value.code, refused.value.field) == (code, "password")


def test_a_password_of_128_letters_of_any_kind_is_fine(database: Database) -> None:
    password = "käse und 12 €" + "ß" * 115

    with database.sessions() as session:
        register(session, email="ada@example.org", name="Ada", password=password)
        assert authenticate(session, email="ada@example.org", password=password) is not None


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b"])
def test_a_name_is_printable_and_not_too_long(database: Database, name: str) -> None:
    with database.sessions() as session, pytest.raises(Refused) as refused:
        register(session, email="ada@example.org", name=name, password=PASSWORD)

    assert (refused.value.code, refused.value.field) == (RefusalCode.INVALID_FIELD, "name")


def test_only_a_hash_of_password_and_cookie_is_kept(database: Database) -> None:
    ada = new_user(database)
    with database.sessions() as session:
        secret = start_session(session, ada.id)

    kept = str(execute(database, "SELECT * FROM user_account, web_session"))

    assert PASSWORD not in kept
    assert secret not in kept
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in kept


def test_a_session_ends_when_it_is_told_to(database: Database) -> None:
    ada = new_user(database)
    with database.sessions() as session:
        first, second, third = (start_session(session, ada.id) for _ in range(3))
        for _ in range(2):
            end_session(session, first)
    assert [who_is(database, one) for one in (first, second)] == [None, ada]

    with database.sessions() as session:
        end_all_sessions(session, ada.id)

    assert [who_is(database, one) for one in (second, third)] == [None, None]


def test_a_made_up_secret_is_nobodys(database: Database) -> None:
    assert who_is(database, "x" * 43) is None
    assert who_is(database, "\ud800") is None


@pytest.mark.parametrize("column", ["last_seen_at", "expires_at"])
def test_an_idle_or_old_session_is_over(database: Database, column: str) -> None:
    ada = new_user(database)
    with database.sessions() as session:
        secret = start_session(session, ada.id)

    execute(database, f"UPDATE web_session SET {column} = {OLD}")  # noqa: S608 - names of ours

    assert who_is(database, secret) is None


@pytest.mark.parametrize(("is_organiser", "hours"), [(False, 12), (True, 8)])
def test_a_session_lasts_twelve_hours_an_organisers_eight(
    database: Database, *, is_organiser: bool, hours: int
) -> None:
    ada = new_user(database, is_organiser=is_organiser)
    with database.sessions() as session:
        start_session(session, ada.id)

    unit = "julianday(expires_at) - julianday(created_at)"
    if database.name == "postgresql":
        unit = "extract(epoch FROM expires_at - created_at) / 86400"
    ((days,),) = execute(database, f"SELECT {unit} FROM web_session")  # noqa: S608 - ours
    assert float(str(days)) * 24 == pytest.approx(hours, abs=0.01)


@pytest.mark.parametrize(("minutes", "is_due"), [(0, False), (4, False), (6, True)])
def test_being_seen_is_due_and_noted_once_in_five_minutes(
    database: Database, minutes: int, *, is_due: bool
) -> None:
    ada = new_user(database)
    with database.sessions() as session:
        secret = start_session(session, ada.id)
    earlier = f"datetime(last_seen_at, '-{minutes} minutes') || '.000000'"
    if database.name == "postgresql":
        earlier = f"last_seen_at - interval '{minutes} minutes'"
    execute(database, f"UPDATE web_session SET last_seen_at = {earlier}")  # noqa: S608 - ours
    before = execute(database, "SELECT last_seen_at FROM web_session")

    with database.sessions() as session:
        found = signed_in(session, secret)
    unwritten = execute(database, "SELECT last_seen_at FROM web_session")
    assert found is not None
    with database.sessions() as session:
        note_seen(session, found.session_id)

    assert found.is_use_due is is_due
    assert unwritten == before
    assert (execute(database, "SELECT last_seen_at FROM web_session") > before) is is_due
