"""Holds one connection: its request, until when it is waited for, and who will serve it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from socket import socket
from typing import Any, Protocol

from webapp.server.heads import Head
from webapp.server.outgoing import Outgoing
from webapp.server.pace import LeastRate, Pace

_CREDIT_BYTES = 1000
_NEW_SECONDS = 0.001


class State(Enum):
    """What is waited for on a connection."""

    IDLE = auto()
    """The first byte of the next request."""
    HEAD = auto()
    BODY = auto()
    LINE = auto()
    """A free thread for an upload."""
    SERVED = auto()
    """The thread that serves the request; the loop leaves the socket alone."""
    SENDING = auto()
    LINGERING = auto()
    """The client's own end, after the last answer."""
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Exchange:
    """What gunicorn needs to have one request answered, under its names."""

    sock: Outgoing
    client: Any
    server: Any


class Client:
    """One connection.

    Attributes
    ----------
    received : bytearray
        Bytes that no request has taken yet.
    searched : int
        How many of them were looked through for the end of the head.
    events : int
        For which the poller watches the socket; 0 if it does not.
    deadline : float or None
        Of the current state, on the monotonic clock.
    began : float
        When the current request began, or its waiting.
    arrived_bytes : int
        Of the current request.
    seat : str or None
        The address with which the connection is counted.
    uploader : str or None
        The address with which it counts as one of the uploads that are being read.
    """

    def __init__(self, sock: socket, peer: Any, server: Any, least: LeastRate, now: float) -> None:
        self.sock = sock
        self.peer = peer
        self.outgoing = Outgoing(sock, least)
        self.exchange = Exchange(self.outgoing, peer, server)
        self.state = State.HEAD
        self.events = 0
        self.deadline: float | None = None
        self.began = now
        self.arrived_bytes = 0
        self.received = bytearray()
        self.searched = 0
        self.has_ended = False
        self.head: Head | None = None
        self.pace = Pace(least)
        self.paced_at = now
        self.seat: str | None = None
        self.uploader: str | None = None
        self.keeps_alive = False

    @property
    def request_head(self) -> Head:
        """Return the head of the current request, which has been read."""
        if self.head is None:
            raise RuntimeError("no request has begun")
        return self.head

    @property
    def address(self) -> str:
        """Return the address at the other end of the connection."""
        return str(self.peer[0]) if isinstance(self.peer, tuple) else "local"

    def mean_rate(self, now: float) -> float:
        """Return how fast the request has come, in bytes a second; a new one counts as fast."""
        return (self.arrived_bytes + _CREDIT_BYTES) / max(now - self.began, _NEW_SECONDS)

    def start_pace(self, least: LeastRate, now: float) -> float:
        """Measure from now on; return the deadline."""
        self.pace = Pace(least)
        self.paced_at = now
        return now + self.pace.left_seconds

    def keep_pace(self, n_bytes: int, now: float) -> float:
        """Count bytes that moved since the last look; return the new deadline."""
        self.pace.waited(now - self.paced_at)
        self.pace.moved(n_bytes)
        self.paced_at = now
        return now + self.pace.left_seconds


class Server(Protocol):
    """What serves the requests that have been received."""

    cfg: Any

    def serve(self, client: Client, head: Head) -> None:
        """Have a thread serve a request; `Reception.answered` follows, in the loop."""

    def answer_at_once(self, head: Head) -> bytes | None:
        """Return the whole answer to what a supervisor asks; None for all other requests."""

    def soon(self, callback: Callable[[], None]) -> None:
        """Call in the loop, after what else is waiting."""
