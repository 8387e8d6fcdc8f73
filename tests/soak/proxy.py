"""Passes PostgreSQL's traffic on, and now and then drops the answer to a COMMIT that succeeded.

The client then does not know whether its transaction was committed: it was. Only so much of the
wire protocol is read as that needs: messages have a type of one byte and a length of four.
"""

import asyncio
import random
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_ENCRYPTION_REQUESTS = {(80877103).to_bytes(4), (80877104).to_bytes(4)}
"""SSLRequest and GSSENCRequest: answered with no, since encrypted traffic cannot be read."""

_LENGTH_BYTES = 4


@dataclass(slots=True)
class _Link:
    """One connection: whether the answer to its running COMMIT is to be dropped."""

    is_armed: bool = False


class CommitCutter:
    """A proxy on a free port of 127.0.0.1, in a thread of its own.

    Attributes
    ----------
    share : float
        Of the COMMITs whose answer is dropped; 0 passes everything on.
    cuts : int
        How many were dropped.
    """

    def __init__(self, upstream: Path, draws: random.Random) -> None:
        self.share = 0.0
        self.cuts = 0
        self.port = 0
        self._upstream = upstream
        self._draws = draws
        self._is_ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="commit-cutter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        connections: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(self._connect(reader, writer))
            connections.add(task)
            task.add_done_callback(connections.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        await self._stopping.wait()
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                far_reader, far_writer = await asyncio.open_unix_connection(self._upstream)
                try:
                    await _pass_start(reader, writer, far_writer)
                    await self._pass_until_one_ends(reader, writer, far_reader, far_writer)
                finally:
                    far_writer.close()
        finally:
            writer.close()

    async def _pass_until_one_ends(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        link = _Link()
        ways = [
            asyncio.ensure_future(self._pass_requests(link, reader, far_writer)),
            asyncio.ensure_future(self._pass_answers(link, far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass_requests(
        self, link: _Link, reader: asyncio.StreamReader, far_writer: asyncio.StreamWriter
    ) -> None:
        while True:
            kind, message = await _read_message(reader)
            is_commit = kind == b"Q" and message[5:].rstrip(b"\0; ").upper() == b"COMMIT"
            link.is_armed = is_commit and self._draws.random() < self.share
            far_writer.write(message)
            await far_writer.drain()

    async def _pass_answers(
        self, link: _Link, far_reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            kind, message = await _read_message(far_reader)
            if link.is_armed and kind == b"C" and message[5:].startswith(b"COMMIT"):
                self.cuts += 1
                return
            writer.write(message)
            await writer.drain()


async def _pass_start(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far_writer: asyncio.StreamWriter
) -> None:
    """Pass the first message on: it has no type."""
    while True:
        length = await reader.readexactly(_LENGTH_BYTES)
        body = await reader.readexactly(int.from_bytes(length) - _LENGTH_BYTES)
        if body not in _ENCRYPTION_REQUESTS:
            break
        writer.write(b"N")
    far_writer.write(length + body)


async def _read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return a message's type and all its bytes."""
    head = await reader.readexactly(1 + _LENGTH_BYTES)
    body = await reader.readexactly(int.from_bytes(head[1:]) - _LENGTH_BYTES)
    return head[:1], head + body
