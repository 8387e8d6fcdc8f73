"""Prepares the folder of a service on one machine: its layout, secrets and settings."""

import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from webapp.privacy import close_path, exposed_paths, is_closed, make_private
from webapp.settings import FILE_SUFFIX, VARIABLE_PREFIX, Settings, load_settings

_SECRET_BYTES = 32

logger = logging.getLogger(__name__)


class CannotServeError(Exception):
    """A service cannot run here; the message tells the operator why."""


@dataclass(frozen=True, slots=True)
class Home:
    """Folders and files of a service on one machine, below one folder."""

    root: Path

    @property
    def secret_key(self) -> Path:
        """Return the file of the key that signs forms and cookies."""
        return self.root / "secret_key"

    @property
    def database(self) -> Path:
        """Return the SQLite file."""
        return self.root / "camelyon.sqlite3"

    @property
    def blobs(self) -> Path:
        """Return the folder of stored uploads."""
        return self.root / "blobs"

    @property
    def truth(self) -> Path:
        """Return the folder of truth versions."""
        return self.root / "truth"

    @property
    def broker(self) -> Path:
        """Return the folder of the embedded broker."""
        return self.root / "broker"

    @property
    def broker_url(self) -> Path:
        """Return the file that holds the embedded broker's address."""
        return self.broker / "url"

    @property
    def logs(self) -> Path:
        """Return the folder of the programs' log files."""
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        """Return the file that is locked while the home is served."""
        return self.root / "lock"

    def exposed_paths(self) -> list[Path]:
        """Return what other users of the machine can get at."""
        if not self.root.is_dir() or is_closed(self.root):
            return []
        return [self.root, *(one for part in self._parts() for one in exposed_paths(part))]

    def make_private(self) -> list[Path]:
        """Take the home from other users, and leave what else its folder has; return what was open.

        Raises
        ------
        OSError
            If a mode cannot be changed.
        """
        if not self.root.is_dir():
            return []
        is_changed = close_path(self.root, self.root.stat().st_mode)
        inside = [one for part in self._parts() for one in make_private(part)]
        return [self.root, *inside] if is_changed else inside

    def _parts(self) -> list[Path]:
        """Return the home's own files and folders; the database has further files beside it."""
        database = sorted(self.root.glob(f"{self.database.name}*"))
        folders = (self.blobs, self.truth, self.broker, self.logs)
        return [self.secret_key, self.lock, *database, *folders]


def prepare_home(root: Path) -> Home:
    """Make a home's folders and secret key if they are missing; repeating it is harmless.

    What other users may read or write of an older home is taken from them.

    Raises
    ------
    CannotServeError
        If the home cannot be written, or not be kept from others.
    """
    home = Home(root.resolve())
    _close(home)
    try:
        for folder in (home.root, home.blobs, home.truth, home.broker, home.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not home.secret_key.exists():
            write_private(home.secret_key, secrets.token_hex(_SECRET_BYTES) + "\n")
        home.lock.touch(mode=0o600)
    except OSError as error:
        raise CannotServeError(f"{home.root} cannot be written: {error.strerror}") from error
    return home


def environment_of(home: Home, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that describe a home; those already set override the home's own.

    The broker's address is given as a file, which is written when the embedded broker is prepared.
    """
    given = dict(os.environ if environment is None else environment)
    own = {
        "SECRET_KEY" + FILE_SUFFIX: str(home.secret_key),
        "DATABASE_URL": f"sqlite:///{home.database}",
        "REDIS_URL" + FILE_SUFFIX: str(home.broker_url),
        "BLOB_DIR": str(home.blobs),
        "TRUTH_DIR": str(home.truth),
    }
    for name, value in own.items():
        plain = VARIABLE_PREFIX + name.removesuffix(FILE_SUFFIX)
        if plain not in given and plain + FILE_SUFFIX not in given:
            given[VARIABLE_PREFIX + name] = value
    return given


def settings_of(root: Path | None) -> Settings:
    """Read the settings of a home, or of the environment alone if no home is given."""
    if root is None:
        return load_settings()
    return load_settings(environment_of(Home(root.resolve())))


def _close(home: Home) -> None:
    try:
        changed = home.make_private()
    except OSError as error:
        raise CannotServeError(
            f"other users can get at {error.filename}, and its mode cannot be changed"
            f" ({error.strerror}): have its owner run `chmod -R go= {home.root}`"
        ) from error
    if changed:
        logger.warning(
            "home made private: other users could get at %d files and folders, such as %s",
            len(changed),
            changed[0],
        )


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
