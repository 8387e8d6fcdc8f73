"""Takes an answer from a thread at once, and hands it to a client as fast as that reads."""

import os
import select
import socket
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from webapp.server.pace import LeastRate, Pace

HELD_BYTES = 1024 * 1024
"""An answer may be ahead of its client by so much before its thread waits; files may by all."""


@dataclass(slots=True)
class _FilePart:
    descriptor: int
    offset: int
    n_bytes: int


class Outgoing:
    """Stands for the socket to which gunicorn writes an answer.

    While a thread serves the request it alone uses this object; then the loop does.

    Attributes
    ----------
    held_bytes : int
        That wait in memory.
    is_broken : bool
        The client has gone, or the answer is not whole: the connection must end.
    """

    def __init__(self, sock: socket.socket, least: LeastRate) -> None:
        self._socket = sock
        self._least = least
        self._parts: deque[memoryview | _FilePart] = deque()
        self.held_bytes = 0
        self._has_begun = False
        self.is_broken = False

    @property
    def is_pending(self) -> bool:
        """Tell whether something is left to send."""
        return bool(self._parts)

    def sendall(self, data: bytes) -> None:
        """Keep bytes; wait for the client only if it is far behind."""
        if self.is_broken:
            raise BrokenPipeError("the connection has ended")
        if data:
            self._parts.append(memoryview(data))
            self.held_bytes += len(data)
        if self.held_bytes > HELD_BYTES:
            self._wait_for_client()

    def send(self, data: bytes) -> int:
        """Keep bytes."""
        self.sendall(data)
        return len(data)

    def sendfile(self, file: IO[bytes], offset: int, count: int) -> None:
        """Keep a part of a file, which the caller may close."""
        self._parts.append(_FilePart(os.dup(file.fileno()), offset, count))

    def flush(self) -> int:
        """Send what the client takes now; return how many bytes that was."""
        total = 0
        with suppress(BlockingIOError):
            while self._parts:
                total += self._send_first()
        return total

    def replace(self, data: bytes) -> None:
        """Say this instead, unless the answer has begun to leave: then it is broken off."""
        self.discard()
        if self._has_begun:
            self.is_broken = True
        else:
            self._parts.append(memoryview(data))

    def begin(self) -> None:
        """Be ready for the next answer."""
        self._has_begun = False

    def discard(self) -> None:
        """Forget what was not sent."""
        for part in self._parts:
            if isinstance(part, _FilePart):
                os.close(part.descriptor)
        self._parts.clear()
        self.held_bytes = 0

    def gettimeout(self) -> float:
        """Tell gunicorn that writing never blocks."""
        return 0.0

    def shutdown(self, how: int) -> None:
        """Refuse gunicorn's own way of ending a connection, which waits in its thread."""
        del how
        raise OSError("the loop ends connections")

    def close(self) -> None:
        """End the connection instead of finishing the answer."""
        self.is_broken = True

    def _send_first(self) -> int:
        part = self._parts[0]
        if isinstance(part, _FilePart):
            return self._send_file(part)
        n_bytes = self._socket.send(part)
        self._has_begun = True
        self.held_bytes -= n_bytes
        if n_bytes == len(part):
            self._parts.popleft()
        else:
            self._parts[0] = part[n_bytes:]
        return n_bytes

    def _send_file(self, part: _FilePart) -> int:
        n_bytes = os.sendfile(self._socket.fileno(), part.descriptor, part.offset, part.n_bytes)
        self._has_begun = True
        part.offset += n_bytes
        part.n_bytes -= n_bytes
        if n_bytes and part.n_bytes:
            return n_bytes
        self.is_broken = self.is_broken or bool(part.n_bytes)  # the file has become shorter
        os.close(part.descriptor)
        self._parts.popleft()
        return n_bytes

    def _wait_for_client(self) -> None:
        pace = Pace(self._least)
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        while self.held_bytes > HELD_BYTES:
            pace.moved(self.flush())
            began = time.monotonic()
            poll.poll(max(0.0, pace.left_seconds) * 1000)
            pace.waited(time.monotonic() - began)
            if pace.is_too_slow:
                self.is_broken = True
                raise BrokenPipeError("the client reads too slowly")
