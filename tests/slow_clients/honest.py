"""Asks as honest clients do: pages again and again, and uploads over a slow line."""

import http.client
import json
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass

SLOW_LINE_BYTES_A_SECOND = 50_000
_PIECES_A_SECOND = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """Seconds that each answer took, and statuses other than those expected."""

    seconds: tuple[float, ...]
    failures: tuple[str, ...]

    def quantile(self, part: float) -> float:
        """Return the time within which this part of the answers came."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(part * len(self.seconds)))]


def ask_for(port: int, path: str, seconds: float, *, source: str = "127.0.0.1") -> Seen:
    """Ask for a page on ever new connections, about five times a second."""
    times, failures = [], []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        status = status_of(port, path, source=source)
        times.append(time.monotonic() - began)
        if status != "200":
            failures.append(status)
        time.sleep(0.2)
    return Seen(tuple(times), tuple(failures))


def status_of(port: int, path: str, *, source: str = "127.0.0.1") -> str:
    """Return the status of one request, or the error that came instead."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=30, source_address=(source, 0)
    )
    with closing(connection):
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        return str(answer.status)


def upload_slowly(
    port: int, head: Mapping[str, str], body: bytes, *, source: str = "127.0.0.1"
) -> tuple[int, str]:
    """Submit a body over a line of 50 kB/s; return status and answer."""
    with socket.create_connection(("127.0.0.1", port), 60, (source, 0)) as connection:
        lines = ["POST /api/v1/submissions HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        size = SLOW_LINE_BYTES_A_SECOND // _PIECES_A_SECOND
        with suppress(BrokenPipeError, ConnectionResetError):  # the answer says why
            for begin in range(0, len(body), size):
                connection.sendall(body[begin : begin + size])
                time.sleep(1 / _PIECES_A_SECOND)
        with closing(http.client.HTTPResponse(connection)) as answer:
            answer.begin()
            return answer.status, answer.read().decode()


def submission(token: str, phase: str, key: str, file: bytes) -> tuple[dict[str, str], bytes]:
    """Return the header fields and the body that submit a file."""
    parts = [
        '--slow\r\nContent-Disposition: form-data; name="phase"\r\n\r\n' + phase,
        f'--slow\r\nContent-Disposition: form-data; name="method"\r\n\r\n{key}',
        '--slow\r\nContent-Disposition: form-data; name="file"; filename="slow.zip"\r\n\r\n',
    ]
    head = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": json.dumps(key),
        "Content-Type": "multipart/form-data; boundary=slow",
    }
    return head, "\r\n".join(parts).encode() + file + b"\r\n--slow--\r\n"


def upload_all(
    port: int, requests: list[tuple[dict[str, str], bytes]], *, source: str = "127.0.0.1"
) -> list[tuple[int, str]]:
    """Upload all at once, each over a slow line of its own."""

    def upload(request: tuple[dict[str, str], bytes]) -> tuple[int, str]:
        try:
            return upload_slowly(port, *request, source=source)
        except (OSError, http.client.HTTPException) as error:
            return 0, type(error).__name__

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(upload, requests))
