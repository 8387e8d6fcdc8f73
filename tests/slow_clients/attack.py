"""Keeps many connections open that send half a head, or a body that never comes."""

import contextlib
import multiprocessing
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import Queue
from multiprocessing.synchronize import Event

_DRIP_SECONDS = 1.0
_REST_SECONDS = 0.2
"""An ended connection is opened again after this time."""

HALF_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
DEAD_FORM = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000\r\n\r\nemail="
)


def dead_upload(token: str = "") -> bytes:
    """Return the beginning of an upload, as somebody with a token or as nobody."""
    who = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"POST /api/v1/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}"
        "Content-Type: multipart/form-data; boundary=slow\r\nContent-Length: 50000000\r\n\r\n--slow"
    ).encode()


@dataclass(slots=True)
class Attack:
    """What became of the connections: how often each status was answered, and silent ends."""

    statuses: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Connection:
    start: bytes
    sock: socket.socket
    has_begun: bool = False


@contextmanager
def attack(
    port: int, starts: tuple[bytes, ...], n_connections: int, source: str = "127.0.0.1"
) -> Iterator[Attack]:
    """Hold connections from one address until the block is left; ended ones come back.

    Each sends one of the starts and then a byte a second.
    """
    found = Attack()
    context = multiprocessing.get_context("spawn")  # measurements need this process for themselves
    is_over, statuses = context.Event(), context.Queue()
    plan = _Plan(port, starts, n_connections, source)
    process = context.Process(target=_hold, args=(plan, is_over, statuses), daemon=True)
    process.start()
    try:
        yield found
    finally:
        is_over.set()
        found.statuses.update(statuses.get(timeout=60))
        process.join()


@dataclass(frozen=True, slots=True)
class _Plan:
    port: int
    starts: tuple[bytes, ...]
    n_connections: int
    source: str


def _hold(plan: _Plan, is_over: Event, statuses: "Queue[Counter[str]]") -> None:
    found = Attack()
    poller = selectors.DefaultSelector()
    waiting = [
        (0.0, plan.starts[number % len(plan.starts)]) for number in range(plan.n_connections)
    ]
    dripped_at = 0.0
    while not is_over.is_set():
        now = time.monotonic()
        for _, start in [one for one in waiting if one[0] <= now]:
            _open(poller, plan, start)
        waiting = [one for one in waiting if one[0] > now]
        ended = [key.data for key, _ in poller.select(0.1) if _has_ended(key.data, found, poller)]
        if now - dripped_at > _DRIP_SECONDS:
            dripped_at = now
            _drip(poller)
        waiting += [(now + _REST_SECONDS, connection.start) for connection in ended]
    for key in list(poller.get_map().values()):
        key.data.sock.close()
    poller.close()
    statuses.put(found.statuses)


def _open(poller: selectors.BaseSelector, plan: _Plan, start: bytes) -> None:
    sock = socket.socket()
    sock.settimeout(0)
    sock.bind((plan.source, 0))
    with contextlib.suppress(BlockingIOError):
        sock.connect(("127.0.0.1", plan.port))
    events = selectors.EVENT_READ | selectors.EVENT_WRITE
    poller.register(sock, events, _Connection(start, sock))


def _has_ended(connection: _Connection, found: Attack, poller: selectors.BaseSelector) -> bool:
    """Begin, or read what the server says; tell whether the connection is over."""
    try:
        if not connection.has_begun:
            connection.sock.sendall(connection.start)
            connection.has_begun = True
            poller.modify(connection.sock, selectors.EVENT_READ, connection)
            return False
        answer = connection.sock.recv(4096)
        found.statuses[answer[9:12].decode() or "closed"] += 1
    except BlockingIOError:
        return False
    except OSError:
        found.statuses["cut"] += 1
    poller.unregister(connection.sock)
    connection.sock.close()
    return True


def _drip(poller: selectors.BaseSelector) -> None:
    for key in poller.get_map().values():
        if key.data.has_begun:
            with contextlib.suppress(OSError):
                key.data.sock.send(b"a")
