"""Reads what a refused client still sends, so that the client reads its answer."""

import time
from contextlib import suppress
from socket import socket
from typing import IO

from flask import Response, request

DRAIN_SECONDS = 2.0
"""How long a refused client may go on sending before its connection is closed."""

_SERVER_DRAINS_BYTES = 64 * 1024
"""Of a shorter body the web server itself reads the rest."""

_CHUNK_BYTES = 256 * 1024


def drain_refused_body(response: Response) -> Response:
    """Have the rest of a refused request's body read and dropped once the answer has been sent.

    A connection that is closed over unread bytes is reset, and with it the answer may be lost: a
    client that sends five megabytes before it reads would see a broken connection, not the 507.
    """
    connection = request.environ.get("gunicorn.socket")
    is_refused = response.status_code >= 400  # noqa: PLR2004 - HTTP's own border
    if connection is None or not is_refused:
        return response
    if (request.content_length or 0) > _SERVER_DRAINS_BYTES:
        body = request.environ["wsgi.input"]
        response.call_on_close(lambda: _drain(connection, body))
    return response


def _drain(connection: socket, body: IO[bytes]) -> None:
    ends_at = time.monotonic() + DRAIN_SECONDS
    with suppress(OSError, ValueError):
        connection.settimeout(DRAIN_SECONDS)
        while time.monotonic() < ends_at and body.read(_CHUNK_BYTES):
            pass
