"""Runs the real web server on a small service, without a broker or a worker."""

import http.client
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.webapp.people import World
from webapp.processes.programs import web, with_own_packages

START_SECONDS = 60.0
HOST = b"Host: 127.0.0.1\r\n"


@dataclass(frozen=True, slots=True)
class RealServer:
    """A web server that answers at a port."""

    port: int
    process: "subprocess.Popen[bytes]"

    def connect(self, sent: bytes = b"", *, timeout: float = 30) -> socket.socket:
        """Open a connection and send bytes."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout)
        connection.sendall(sent)
        return connection

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to gunicorn's master."""
        self.process.send_signal(number)


@contextmanager
def running_server(world: World, folder: Path, **settings: object) -> Iterator[RealServer]:
    """Serve a world with these settings until the block is left."""
    known = world.runtime.settings
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = {
        "CAMELYON_SECRET_KEY": known.secret_key.get_secret_value(),
        "CAMELYON_DATABASE_URL": known.database_address,
        "CAMELYON_REDIS_URL": known.redis_url,
        "CAMELYON_BLOB_DIR": str(known.blob_dir),
        **{f"CAMELYON_{name.upper()}": str(value) for name, value in settings.items()},
    }
    command = web(f"127.0.0.1:{port}").command
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(command, env=with_own_packages(environment), stderr=log)
    server = RealServer(port, process)
    try:
        _wait(server)
        yield server
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def read_answer(connection: socket.socket) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Read one answer; the connection stays open."""
    with closing(http.client.HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status, answer.headers, answer.read()


def is_closed(connection: socket.socket) -> bool:
    """Wait for the other end to close, without sending anything."""
    return connection.recv(1) == b""


def close_all(connections: list[socket.socket]) -> None:
    """Close these connections."""
    for connection in connections:
        connection.close()


def _wait(server: RealServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with server.connect(b"GET /healthz HTTP/1.0\r\n\r\n") as connection:
                while connection.recv(4096):
                    pass
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the web server did not start")
