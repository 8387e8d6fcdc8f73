from pathlib import Path

import pytest

from webapp.settings import Confinement, Settings, SettingsError, load_settings

SECRET = "0123456789abcdef0123456789abcdef"

MINIMAL_ENVIRONMENT = {
    "CAMELYON_SECRET_KEY": SECRET,
    "CAMELYON_DATABASE_URL": "postgresql://camelyon@postgres/camelyon",
    "CAMELYON_REDIS_URL": "redis://redis:6379/0",
    "CAMELYON_BLOB_DIR": "/data/blobs",
}


def load(**changes: str) -> Settings:
    return load_settings(
        {**MINIMAL_ENVIRONMENT, **{f"CAMELYON_{name}": text for name, text in changes.items()}}
    )


def problems_of(environment: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environment)
    return caught.value.problems


def test_an_empty_environment_is_told_everything_it_lacks_at_once() -> None:
    problems = problems_of({})

    assert [problem.partition(":")[0] for problem in problems] == [
        "CAMELYON_SECRET_KEY",
        "CAMELYON_DATABASE_URL",
        "CAMELYON_REDIS_URL",
        "CAMELYON_BLOB_DIR",
    ]


@pytest.mark.parametrize("secret", ["", "changeme", "a" * 64, "abc" * 20])
def test_a_secret_key_that_was_typed_is_refused(secret: str) -> None:
    problems = problems_of({**MINIMAL_ENVIRONMENT, "CAMELYON_SECRET_KEY": secret})

    words = "needs 32 random characters or more, such as `openssl rand -hex 32` prints"
    assert problems == (f"CAMELYON_SECRET_KEY: {words}",)


def test_no_message_and_no_representation_holds_a_secret() -> None:
    problems = problems_of(
        {**MINIMAL_ENVIRONMENT, "CAMELYON_DATABASE_URL": "mysql://root:hunter2@db/x"}
    )
    shown = repr(load(REDIS_URL="redis://:hunter2@redis/0", REDIS_PASSWORD="hunter2"))

    assert "hunter2" not in "".join(problems)
    assert "hunter2" not in shown
    assert SECRET not in shown


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    environment = {**MINIMAL_ENVIRONMENT, "CAMELYON_SECRET_KEY_FILE": str(file)}
    del environment["CAMELYON_SECRET_KEY"]

    settings = load_settings(environment)

    assert settings.secret_key.get_secret_value() == SECRET


def test_an_unreadable_secret_file_is_told_with_every_other_problem(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    environment = {**MINIMAL_ENVIRONMENT, "CAMELYON_REDIS_PASSWORD_FILE": str(missing)}
    environment["CAMELYON_LEASE_SECONDS"] = "soon"

    problems = problems_of(environment)

    assert problems[0] == (
        f"CAMELYON_REDIS_PASSWORD_FILE: cannot read {missing} (FileNotFoundError)"
    )
    assert problems[1].startswith("CAMELYON_LEASE_SECONDS: ")


def test_a_value_given_twice_is_refused_rather_than_guessed(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)

    problems = problems_of({**MINIMAL_ENVIRONMENT, "CAMELYON_SECRET_KEY_FILE": str(file)})

    assert problems == (
        "CAMELYON_SECRET_KEY: given twice, as CAMELYON_SECRET_KEY and as CAMELYON_SECRET_KEY_FILE",
    )


def test_passwords_are_put_into_the_addresses_with_their_special_characters_escaped() -> None:
    settings = load(DATABASE_PASSWORD="p/w", REDIS_PASSWORD="a@b")

    assert settings.database_address == ("postgresql+psycopg://camelyon:p%2Fw@postgres/camelyon")
    assert settings.redis_address == "redis://:a%40b@redis:6379/0"


def test_an_address_without_a_separate_password_stays_as_it_is() -> None:
    settings = load(DATABASE_URL="sqlite:////data/camelyon.sqlite3")

    assert settings.database_address == "sqlite:////data/camelyon.sqlite3"
    assert settings.redis_address == "redis://redis:6379/0"


def test_the_public_address_is_https_or_loopback() -> None:
    assert load(PUBLIC_URL="https://challenge.example/").public_url == "https://challenge.example"
    assert load(PUBLIC_URL="https://challenge.example").is_https
    assert not load(PUBLIC_URL="http://127.0.0.1:8000").is_https

    with pytest.raises(SettingsError, match="must be https, or plain http on 127"):
        load(PUBLIC_URL="http://challenge.example")


def test_no_proxy_is_trusted_unless_their_number_is_given() -> None:
    assert load().trusted_proxies == 0
    assert load(TRUSTED_PROXIES="2").trusted_proxies == 2


@pytest.mark.parametrize("number", ["-1", "11", "all", ""])
def test_a_number_of_proxies_beyond_reason_is_refused(number: str) -> None:
    with pytest.raises(SettingsError, match=r"^CAMELYON_TRUSTED_PROXIES: "):
        load(TRUSTED_PROXIES=number)


def test_test_switches_are_read_from_one_line() -> None:
    settings = load(TEST_SWITCHES="no-fence,pause-per-slide=0.05")

    assert settings.test_switches == ("no-fence", "pause-per-slide=0.05")
    assert settings.pause_per_slide_seconds == 0.05


def test_test_switches_are_refused_where_people_can_reach_the_service() -> None:
    with pytest.raises(SettingsError, match="they need a plain http loopback URL"):
        load(TEST_SWITCHES="no-fence", PUBLIC_URL="https://challenge.example")


def test_an_unknown_test_switch_is_refused() -> None:
    with pytest.raises(SettingsError, match="unknown test switch 'no-fences'"):
        load(TEST_SWITCHES="no-fences")


def test_a_worker_asks_for_a_sealed_decoder_unless_told_otherwise() -> None:
    assert load_settings(MINIMAL_ENVIRONMENT).minimum_confinement is Confinement.SEALED


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("HEADER_SECONDS", "1", "120"),
        ("BODY_GRACE_SECONDS", "1", "300"),
        ("LEAST_BYTES_A_SECOND", "16", "1048576"),
        ("CONNECTIONS_AN_ADDRESS", "4", "512"),
        ("UPLOADS_AN_ADDRESS", "1", "32"),
    ],
)
def test_patience_with_slow_clients_has_sane_bounds(name: str, least: str, most: str) -> None:
    load(**{name: least})
    load(**{name: most})
    for wrong in ("0", str(int(most) + 1)):
        assert problems_of({**MINIMAL_ENVIRONMENT, f"CAMELYON_{name}": wrong})[0].startswith(
            f"CAMELYON_{name}: "
        )
