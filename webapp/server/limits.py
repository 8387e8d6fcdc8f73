"""Bounds what one client, one address and all together may cost a web process."""

from dataclasses import dataclass

from webapp.server.pace import LeastRate
from webapp.settings import Settings

MAX_HEAD_BYTES = 64 * 1024
"""A request's line and header fields together."""

BUFFERED_BYTES = 64 * 1024
"""A body up to this size is received whole before a thread sees the request.

A larger one takes a thread of the uploads' when so much of it is here, and its connection closes
after the answer: a refusal (401, 413) leaves the rest unread.
"""

MAX_CONNECTIONS = 512
SPARE_CONNECTIONS = 64
"""Accepted beyond the bound: those that are being told so."""

HELD_IN_ALL_BYTES = 64 * 1024 * 1024
"""Answers that wait in memory for clients; beyond it the slowest readers are cut off."""

UPLOAD_THREADS = 32
LINE_SECONDS = 60.0
"""Longest wait of an upload for one of these threads."""

LINGER_SECONDS = 2.0
"""Time that a client has to read the last answer while what it still sends is thrown away."""

BUSY_RETRY_SECONDS = 5
"""Retry-After of an answer to a connection for which there is no place."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an installation sets.

    Attributes
    ----------
    header_seconds : float
        Time for the header fields of a request, all in all.
    least_rate : LeastRate
        Of bodies that arrive and of answers that are read.
    connections_an_address, uploads_an_address : int
        At once, in each web process.
    n_proxies : int
        Trusted proxies in front: then addresses are those that they name.
    """

    header_seconds: float
    least_rate: LeastRate
    connections_an_address: int
    uploads_an_address: int
    n_proxies: int


def limits_of(settings: Settings) -> Limits:
    """Return the limits that the settings name."""
    return Limits(
        header_seconds=settings.header_seconds,
        least_rate=LeastRate(settings.least_bytes_a_second, settings.body_grace_seconds),
        connections_an_address=settings.connections_an_address,
        uploads_an_address=settings.uploads_an_address,
        n_proxies=settings.trusted_proxies,
    )
