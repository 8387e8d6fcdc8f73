"""Runs an S3 server on 127.0.0.1 with the data sets' bucket, and a proxy that cuts connections."""

import hashlib
import logging
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
import obstore
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

BUCKET = "camelyon-dataset"


@dataclass(frozen=True, slots=True)
class BucketServer:
    """A running server, and a client that may write to its bucket."""

    port: int
    store: S3Store

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def empty(self) -> None:
        """Leave the bucket without objects."""
        _send(f"{self.url}/moto-api/reset", "POST")
        _send(f"{self.url}/{BUCKET}", "PUT")

    def put(self, objects: Mapping[str, bytes], *, in_pieces: bool = False) -> None:
        """Store objects; in pieces of 5 MiB their ETag is no md5 of their content."""
        for key, content in objects.items():
            if in_pieces:
                obstore.put(self.store, key, content, use_multipart=True, chunk_size=5 * 2**20)
            else:
                _send(f"{self.url}/{BUCKET}/{quote(key)}", "PUT", content)

    def put_private(self, key: str, content: bytes) -> None:
        """Store an object that only its owner may read."""
        _send(f"{self.url}/{BUCKET}/{quote(key)}", "PUT", content, access="private")

    def put_unsafe(self, key: str, content: bytes) -> None:
        """Store an object under a key as it is, with dots that clients would resolve."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            head = (
                f"PUT /{BUCKET}/{key} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-amz-acl: public-read\r\n"
                f"Connection: close\r\nContent-Length: {len(content)}\r\n\r\n"
            )
            connection.sendall(head.encode() + content)
            while connection.recv(65536):
                pass


@contextmanager
def bucket_server() -> Iterator[BucketServer]:
    """Run a server; it has no bucket before it is emptied."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        url = f"http://127.0.0.1:{port}"
        store = S3Store(
            BUCKET,
            endpoint=url,
            region="us-east-1",
            access_key_id="test",
            secret_access_key="test",
            client_options={"allow_http": True},
        )
        yield BucketServer(port, store)
    finally:
        server.stop()


def md5_of(content: bytes) -> str:
    """Return the md5 as a checksum list writes it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Proxy:
    """Passes connections on to a server, counting what the server answers.

    Attributes
    ----------
    cut_after : list of int
        For each of the first connections: after how many bytes of answer it is cut.
    stall_after : int or None
        After how many bytes of all answers nothing passes any more, until ``goes_on`` is set.
    pause_seconds : float
        Before each 64 KiB of an answer.
    """

    target_port: int
    cut_after: list[int] = field(default_factory=list)
    stall_after: int | None = None
    pause_seconds: float = 0.0
    goes_on: threading.Event = field(default_factory=threading.Event)
    answered_bytes: int = 0
    port: int = 0
    stalled: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        """Listen until the block ends."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                self.closing.set()
                socket.create_connection(("127.0.0.1", self.port)).close()
                thread.join()

    def _accept(self, listener: socket.socket) -> None:
        threads = []
        while not self.closing.is_set():
            client, _ = listener.accept()
            limit = self.cut_after.pop(0) if self.cut_after else None
            threads.append(threading.Thread(target=self._pass, args=(client, limit), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _pass(self, client: socket.socket, limit: int | None) -> None:
        """Serve a client until it has its answers or closes the connection."""
        with suppress(ConnectionError):
            self._serve(client, limit)

    def _serve(self, client: socket.socket, limit: int | None) -> None:
        with client, socket.create_connection(("127.0.0.1", self.target_port)) as server:
            passed = 0
            while not self.closing.is_set():
                ready, _, _ = select.select([client, server], [], [], 0.1)
                if client in ready and not _pass_on(client, server):
                    return
                if server not in ready:
                    continue
                answer = _received(server)
                if limit is not None and passed + len(answer) > limit:
                    client.sendall(answer[: limit - passed])
                    return
                if not answer or self._is_stalled(len(answer)):
                    return
                self.closing.wait(self.pause_seconds)
                client.sendall(answer)
                passed += len(answer)
                self.answered_bytes += len(answer)

    def _is_stalled(self, coming: int) -> bool:
        if self.stall_after is None or self.answered_bytes + coming <= self.stall_after:
            return False
        self.stalled.set()
        while not (self.goes_on.is_set() or self.closing.wait(0.02)):
            pass
        return not self.goes_on.is_set()


def _send(url: str, method: str, content: bytes = b"", access: str = "public-read") -> None:
    headers = {"x-amz-acl": access}
    # A busy machine may be slow to answer; the default is 5 seconds.
    answer = httpx.request(method, url, content=content, headers=headers, timeout=60)
    answer.raise_for_status()


def _pass_on(source: socket.socket, target: socket.socket) -> bool:
    received = _received(source)
    if received:
        target.sendall(received)
    return bool(received)


def _received(source: socket.socket) -> bytes:
    """Return the bytes received; none from a connection that is closed or broken."""
    try:
        return source.recv(65536)
    except ConnectionError:
        return b""
