"""Submits files as honest clients do: they keep a ledger, and repeat a request with its key."""

import hashlib
import random
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from tests.faults.tiny_phase import PHASE
from tests.soak.contest import Contest, Entry, Member
from tests.soak.ledger import Ledger, Line, What
from tests.soak.measures import NO_ANSWER, Measures

PATIENCE_SECONDS = 150.0
"""A client gives up after this time; a key can stay reserved for 60 s."""

ANSWER_SECONDS = 60.0
REJECTED_A_TEAM = 15
"""Of the twenty that the service allows within a day, since some are lost count of."""

_INVALID_SHARE = 0.12
_BROKEN_SHARE = 0.06
_SLOW_SHARE = 0.06
_REPEATED_SHARE = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_SLOW_PARTS = 6
_RETRIED = frozenset({409, 429, 500, 502, 503, 504, 507})


@dataclass(slots=True)
class Course:
    """What all clients share."""

    url: str
    contest: Contest
    ledger: Ledger
    measures: Measures
    may_send: Callable[[], bool]
    stopping: threading.Event = field(default_factory=threading.Event)
    acknowledged: list[tuple[Member, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _sent: int = 0
    _rejected: Counter[int] = field(default_factory=Counter)

    def draw_entry(self, draws: random.Random, member: Member) -> tuple[Entry, bytes]:
        """Draw a file for a member."""
        with self._lock:
            self._sent += 1
            is_invalid = draws.random() < _INVALID_SHARE
            is_invalid &= self._rejected[member.team_id] < REJECTED_A_TEAM
            self._rejected[member.team_id] += is_invalid
            number = self._sent
        entry = draws.choice(self.contest.invalid if is_invalid else self.contest.valid)
        return entry, entry.copy(number)


@dataclass(frozen=True, slots=True)
class _Package:
    """One file under its key, ready to be sent as often as needed."""

    member: Member
    entry: Entry
    file: bytes
    key: str

    @property
    def body(self) -> bytes:
        """Return the form's bytes."""
        parts = [
            f'--{self.key}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (("phase", PHASE), ("method", self.entry.name))
        ]
        head = (
            f'--{self.key}\r\nContent-Disposition: form-data; name="file"; filename="s.zip"\r\n'
            "Content-Type: application/zip\r\n\r\n"
        )
        return "".join([*parts, head]).encode() + self.file + f"\r\n--{self.key}--\r\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        """Return the request's header fields."""
        return {
            "Authorization": f"Bearer {self.member.token}",
            "Idempotency-Key": self.key,
            "Content-Type": f"multipart/form-data; boundary={self.key}",
            "Content-Length": str(len(self.body)),
        }

    def line(self, what: What, public_id: str = "") -> Line:
        """Return the line that the ledger gets."""
        sha256 = hashlib.sha256(self.file).hexdigest()
        return Line(
            what, time.time(), self.key, self.member.team_id, self.entry.name, sha256, public_id
        )


class Submitter(threading.Thread):
    """Sends one file after another until it is told to stop, then finishes the last."""

    def __init__(self, course: Course, draws: random.Random) -> None:
        super().__init__(name="submitter", daemon=True)
        self._course = course
        self._draws = draws

    def run(self) -> None:
        """Submit."""
        with httpx.Client(base_url=self._course.url, timeout=ANSWER_SECONDS) as client:
            while not self._course.stopping.wait(self._draws.uniform(0.2, 1.8)):
                if self._course.may_send():
                    self._submit_one(client)

    def _submit_one(self, client: httpx.Client) -> None:
        member = self._draws.choice(self._course.contest.members)
        entry, file = self._course.draw_entry(self._draws, member)
        package = _Package(member, entry, file, uuid.uuid4().hex)
        self._course.ledger.append(package.line(What.SENT))
        way = self._draws.random()
        if way < _BROKEN_SHARE:
            self._break_off(package)
            return
        self._send_until_acknowledged(client, package, is_slow=way > 1 - _SLOW_SHARE)
        if self._draws.random() < _REPEATED_SHARE:
            self._send_until_acknowledged(client, package, is_slow=False)

    def _send_until_acknowledged(
        self, client: httpx.Client, package: _Package, *, is_slow: bool
    ) -> None:
        began, pause_seconds = time.monotonic(), 0.2
        while time.monotonic() - began < PATIENCE_SECONDS:
            answer = self._send(client, package, is_slow=is_slow)
            if answer is not None and answer.status_code not in _RETRIED:
                self._note(package, answer, time.monotonic() - began)
                return
            pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)
            asked = answer.headers.get("Retry-After") if answer is not None else None
            time.sleep(min(float(asked), 10.0) if asked else pause_seconds)
        self._course.ledger.append(package.line(What.GAVE_UP))

    def _send(
        self, client: httpx.Client, package: _Package, *, is_slow: bool
    ) -> httpx.Response | None:
        body = package.body
        began = time.monotonic()
        try:
            answer = client.post(
                "/api/v1/submissions",
                content=_slowly(body) if is_slow else body,
                headers=package.headers,
            )
        except httpx.TransportError:
            self._course.measures.count("submit", NO_ANSWER)
            return None
        self._course.measures.count("submit", answer.status_code)
        if answer.status_code == 202 and not is_slow:
            self._course.measures.time("accept", time.monotonic() - began)
        return answer

    def _note(self, package: _Package, answer: httpx.Response, seconds: float) -> None:
        if answer.status_code != 202:
            detail = answer.text[:200]
            self._course.measures.count_unexpected("submit", answer.status_code, detail)
            self._course.ledger.append(package.line(What.GAVE_UP))
            return
        public_id = str(answer.json()["id"])
        self._course.ledger.append(package.line(What.ACKNOWLEDGED, public_id))
        self._course.acknowledged.append((package.member, public_id))
        self._course.measures.time("first try to acknowledgement", seconds)

    def _break_off(self, package: _Package) -> None:
        """Send a part of the file and go away."""
        self._course.ledger.append(package.line(What.BROKEN_OFF))
        address = urlsplit(self._course.url)
        head = "".join(f"{name}: {value}\r\n" for name, value in package.headers.items())
        request = f"POST /api/v1/submissions HTTP/1.1\r\nHost: {address.netloc}\r\n{head}\r\n"
        body = package.body
        part = body[: self._draws.randrange(1, len(body) - 10)]
        with suppress(OSError):
            where = (str(address.hostname), int(address.port or 80))
            with socket.create_connection(where, timeout=5) as connection:
                connection.sendall(request.encode() + part)
        self._course.measures.count("submit", "broken off by the client")


def _slowly(body: bytes) -> Iterator[bytes]:
    size = len(body) // _SLOW_PARTS + 1
    for start in range(0, len(body), size):
        time.sleep(0.3)
        yield body[start : start + size]
