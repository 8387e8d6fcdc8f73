"""Gives gunicorn's parser the bytes of one request, and no more time than its client deserves."""

import select
import time
from socket import socket

from webapp.server.pace import Pace


class TooSlowError(TimeoutError):
    """A body arrives below the least rate."""


class Incoming:
    """Stands for the socket from which gunicorn reads one request.

    It holds what the loop has received. Only for a large body it reads on from the socket, in the
    thread that serves the upload; anything else ends with the bytes that are here.

    Attributes
    ----------
    is_too_slow : bool
        The body was given up; whatever the application answered, 408 is the truth.
    """

    def __init__(self, head: bytes) -> None:
        self._buffered = memoryview(head)
        self._socket: socket | None = None
        self._pace: Pace | None = None
        self.is_too_slow = False

    def hold(self, body: bytes) -> None:
        """Follow the head by the body, or by what of it has arrived."""
        self._buffered = memoryview(bytes(self._buffered) + body)

    def read_on(self, sock: socket, pace: Pace) -> None:
        """Read the rest of the body from the socket."""
        self._socket = sock
        self._pace = pace

    def recv(self, size: int) -> bytes:
        """Return the next bytes; none at the end, or where the client has gone."""
        if self._buffered:
            piece, self._buffered = self._buffered[:size], self._buffered[size:]
            return bytes(piece)
        if self._socket is None or self._pace is None:
            return b""
        return self._receive(self._socket, self._pace, size)

    def _receive(self, sock: socket, pace: Pace, size: int) -> bytes:
        while True:
            try:
                piece = sock.recv(size)
            except BlockingIOError:
                self._wait(sock, pace)
            else:
                pace.moved(len(piece))
                return piece

    def _wait(self, sock: socket, pace: Pace) -> None:
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        began = time.monotonic()
        poll.poll(max(0.0, pace.left_seconds) * 1000)
        pace.waited(time.monotonic() - began)
        if pace.is_too_slow:
            self.is_too_slow = True
            raise TooSlowError("the body arrives too slowly")
