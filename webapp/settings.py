"""Reads the service's settings from the environment, and reports every error at once."""

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

VARIABLE_PREFIX = "CAMELYON_"
FILE_SUFFIX = "_FILE"
MINIMUM_SECRET_LENGTH = 32
MINIMUM_SECRET_CHARACTERS = 8
"""A secret of fewer different characters was not drawn at random."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

NO_LEASE_RECOVERY = "no-lease-recovery"
NO_FENCE = "no-fence"
PAUSE_PER_SLIDE = "pause-per-slide"
_PAUSE_FORM = re.compile(rf"{PAUSE_PER_SLIDE}=(\d{{1,2}}(?:\.\d{{1,3}})?)")


class LogFormat(StrEnum):
    """How log lines are written."""

    CONSOLE = "console"
    JSON = "json"


class Confinement(StrEnum):
    """How strongly the decoder of participants' files is confined, the weakest first."""

    LIMITED = "limited"
    SEALED = "sealed"
    ISOLATED = "isolated"


class SettingsError(Exception):
    """The environment is wrong; `problems` names every variable at fault."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """Everything that differs between installations.

    `database_password` and `redis_password` are put into their addresses, so that an address can be
    in a compose file and its password in a secret file.
    """

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="forbid")

    secret_key: SecretStr
    database_url: str = Field(repr=False)
    database_password: SecretStr | None = None
    redis_url: str = Field(repr=False)
    redis_password: SecretStr | None = None
    blob_dir: Path
    truth_dir: Path | None = Field(default=None, description="workers only")
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: int = Field(
        default=0, ge=0, le=10, description="in front, each appending to X-Forwarded-For"
    )
    max_heatmaps_mib: int = Field(
        default=4096, ge=1, le=4096, description="lesions, where the phase allows heatmaps"
    )
    max_upload_mib: int = Field(default=200, ge=1, le=4096, description="other lesions")
    max_table_mib: int = Field(default=1, ge=1, le=64, description="slides and staging")
    header_seconds: float = Field(
        default=10, ge=1, le=120, description="for the header fields of one request, all in all"
    )
    body_grace_seconds: float = Field(
        default=15, ge=1, le=300, description="waited for a body that does not come"
    )
    least_bytes_a_second: int = Field(
        default=1024, ge=16, le=1_048_576, description="of a body, measured over the grace"
    )
    connections_an_address: int = Field(
        default=128, ge=4, le=512, description="at once, in each web process"
    )
    uploads_an_address: int = Field(
        default=12, ge=1, le=32, description="read at once, in each web process; more wait"
    )
    lease_seconds: float = Field(default=30, ge=1, le=3600)
    poll_seconds: float = Field(default=2, ge=0.1, le=60)
    sweep_seconds: float = Field(default=15, ge=0.5, le=600)
    worker_processes: int = Field(default=0, ge=0, le=256, description="0: one a processor")
    minimum_confinement: Confinement = Field(
        default=Confinement.SEALED, description="a worker that cannot reach it does not start"
    )
    broker_timeout_seconds: float = Field(
        default=0.05, ge=0.001, le=5, description="for a rate limit; then this process counts"
    )
    database_patience_seconds: float = Field(
        default=4, ge=0.5, le=60, description="a web request's wait for the database, in all"
    )
    disk_reserve_mib: int = Field(
        default=256, ge=0, le=1024 * 1024, description="kept free on the disk of the files"
    )
    log_format: LogFormat = LogFormat.CONSOLE
    test_switches: Annotated[tuple[str, ...], NoDecode] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings names the arguments
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read values from the constructor alone; `load_settings` reads the environment."""
        return (init_settings,)

    @field_validator("secret_key")
    @classmethod
    def _is_drawn_at_random(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        few = len(set(secret)) < MINIMUM_SECRET_CHARACTERS
        if len(secret) < MINIMUM_SECRET_LENGTH or few:
            raise ValueError(
                f"needs {MINIMUM_SECRET_LENGTH} random characters or more,"
                " such as `openssl rand -hex 32` prints"
            )
        return value

    @field_validator("database_url")
    @classmethod
    def _is_a_known_database(cls, value: str) -> str:
        url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value)
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return url

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://")):
            raise ValueError("must begin with redis:// or rediss://")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_https_or_loopback(cls, value: str) -> str:
        url = urlsplit(value)
        if url.scheme == "https" and url.hostname:
            return value.rstrip("/")
        if url.scheme == "http" and url.hostname in LOOPBACK_HOSTS:
            return value.rstrip("/")
        raise ValueError("must be https, or plain http on 127.0.0.1")

    @field_validator("test_switches", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("test_switches")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for switch in value:
            if switch not in {NO_LEASE_RECOVERY, NO_FENCE} and not _PAUSE_FORM.fullmatch(switch):
                raise ValueError(f"unknown test switch {switch!r}")
        return value

    @model_validator(mode="after")
    def _test_switches_stay_at_home(self) -> "Settings":
        if self.test_switches and urlsplit(self.public_url).scheme != "http":
            raise ValueError("test switches break promises; they need a plain http loopback URL")
        return self

    @property
    def database_address(self) -> str:
        """Return the database's URL with its password."""
        return _with_password(self.database_url, self.database_password)

    @property
    def redis_address(self) -> str:
        """Return the broker's URL with its password."""
        return _with_password(self.redis_url, self.redis_password)

    @property
    def is_https(self) -> bool:
        """Tell whether people reach the service over https, which decides its cookies."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def pause_per_slide_seconds(self) -> float:
        """Return the pause after each slide that a test switch sets; 0 without it."""
        pauses = [match for match in map(_PAUSE_FORM.fullmatch, self.test_switches) if match]
        return float(pauses[-1].group(1)) if pauses else 0.0


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from ``CAMELYON_NAME``, or from the file that ``CAMELYON_NAME_FILE`` names.

    Parameters
    ----------
    environment : mapping of str to str, optional
        Replaces the process's own environment.

    Raises
    ------
    SettingsError
        Naming every missing, unreadable and wrong variable; never with a value.
    """
    variables, problems = _read_variables(os.environ if environment is None else environment)
    source = EnvSettingsSource(Settings, env_prefix=VARIABLE_PREFIX)
    source.env_vars = {name.lower(): value for name, value in variables.items()}
    try:
        settings = Settings(**source())
    except ValidationError as error:
        problems += [_problem_text(problem["loc"], problem["msg"]) for problem in error.errors()]
        raise SettingsError(tuple(problems)) from None
    if problems:
        raise SettingsError(tuple(problems))
    return settings


def _read_variables(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    names = [VARIABLE_PREFIX + field.upper() for field in Settings.model_fields]
    variables = {name: environment[name] for name in names if name in environment}
    problems = []
    for name in names:
        path = environment.get(name + FILE_SUFFIX)
        if path is None:
            continue
        if name in variables:
            problems.append(f"{name}: given twice, as {name} and as {name}{FILE_SUFFIX}")
            continue
        try:
            variables[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{name}{FILE_SUFFIX}: cannot read {path} ({type(error).__name__})")
    return variables, problems


def _problem_text(place: tuple[int | str, ...], message: str) -> str:
    name = VARIABLE_PREFIX + str(place[0]).upper() if place else VARIABLE_PREFIX + "TEST_SWITCHES"
    return f"{name}: {message.removeprefix('Value error, ')}"


def _with_password(url: str, password: SecretStr | None) -> str:
    if password is None:
        return url
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    user = user.partition(":")[0]
    secret = quote(password.get_secret_value(), safe="")
    return urlunsplit(parts._replace(netloc=f"{user}:{secret}@{place}"))
