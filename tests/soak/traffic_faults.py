"""Occupies the web server with clients that never finish what they began."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

from tests.soak.harm import Fault, Harm, Scene

CONNECTIONS = 60
HELD_SECONDS = 10.0


def connect_slowly(scene: Scene) -> Harm:
    """Send half headers and bodies that never come, from many connections."""
    address = urlsplit(scene.stack.url)
    where = (str(address.hostname), int(address.port or 80))
    half = f"GET /healthz HTTP/1.1\r\nHost: {address.netloc}\r\n".encode()
    form = (
        f"POST /login HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 1000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nemail="
    ).encode()
    with ExitStack() as held:
        for number in range(CONNECTIONS):
            connection = held.enter_context(socket.create_connection(where, timeout=2))
            connection.sendall(form if number % 2 else half)
        yield HELD_SECONDS
    return True


FAULTS = (Fault("60 slow clients 10 s", connect_slowly),)
