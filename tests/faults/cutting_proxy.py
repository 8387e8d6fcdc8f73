"""A proxy in front of PostgreSQL that cuts connections after the server has committed."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

_COMMIT = b"Q\0\0\0\x0bCOMMIT\0"
_CHUNK_BYTES = 64 * 1024
_SEED = 12


class CuttingProxy:
    """Passes everything on, and of a share of the commits drops the answer with the connection."""

    def __init__(self, server_socket: str) -> None:
        self.share = 0.0
        self.n_cut = 0
        self._server_socket = server_socket
        self._random = random.Random(_SEED)  # noqa: S311 - a repeatable share of commits
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def close(self) -> None:
        """End all connections, and take no further ones."""
        _end(self._listener)
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        serving = []
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                self._open.add(client)
                serving.append(threading.Thread(target=self._serve, args=(client,)))
                serving[-1].start()
        for client in self._open.copy():
            _end(client)
        for thread in serving:
            thread.join()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._server_socket)
            cut = threading.Event()
            forth = threading.Thread(target=self._pass_on, args=(client, server, cut))
            forth.start()
            self._pass_back(client, server, cut)
            forth.join()
            self._open.discard(client)

    def _pass_on(self, client: socket.socket, server: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while piece := client.recv(_CHUNK_BYTES):
                if _COMMIT in piece and self._random.random() < self.share:
                    cut.set()
                server.sendall(piece)
        _end(server)

    def _pass_back(
        self, client: socket.socket, server: socket.socket, cut: threading.Event
    ) -> None:
        with suppress(OSError):
            while piece := server.recv(_CHUNK_BYTES):
                if cut.is_set():  # the server has answered the COMMIT: it is made
                    self.n_cut += 1
                    break
                client.sendall(piece)
        _end(client)
        _end(server)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting_proxy(url: str) -> Iterator[tuple[CuttingProxy, str]]:
    """Run a proxy in front of a server that is reached by a socket; give it and its own address."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    proxy = CuttingProxy(f"{folder}/.s.PGSQL.5432")
    try:
        yield proxy, f"{parts.scheme}://{parts.username}@127.0.0.1:{proxy.port}{parts.path}"
    finally:
        proxy.close()
