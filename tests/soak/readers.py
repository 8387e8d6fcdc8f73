"""Reads boards, submissions and the health check while everything else goes on."""

import random
import threading
import time

import httpx

from tests.faults.tiny_phase import PHASE
from tests.soak.clients import Course
from tests.soak.measures import NO_ANSWER

ANSWER_SECONDS = 30.0
_EXPECTED = frozenset({200, 304, 429, 503})
_PAUSE_SECONDS = 0.25


class Reader(threading.Thread):
    """Asks for one thing after another until it is told to stop."""

    def __init__(self, course: Course, draws: random.Random, *, only_health: bool) -> None:
        super().__init__(name="reader", daemon=True)
        self._course = course
        self._draws = draws
        self._only_health = only_health

    def run(self) -> None:
        """Read."""
        with httpx.Client(base_url=self._course.url, timeout=ANSWER_SECONDS) as client:
            while not self._course.stopping.wait(_PAUSE_SECONDS):
                self._read_one(client)

    def _read_one(self, client: httpx.Client) -> None:
        name, path, headers = ("health", "/healthz", {}) if self._only_health else self._draw()
        began = time.monotonic()
        try:
            answer = client.get(path, headers=headers)
        except httpx.TransportError:
            self._course.measures.count(name, NO_ANSWER)
            return
        self._course.measures.count(name, answer.status_code)
        self._course.measures.time(name, time.monotonic() - began)
        if answer.status_code not in _EXPECTED:
            self._course.measures.count_unexpected(name, answer.status_code, answer.text[:200])

    def _draw(self) -> tuple[str, str, dict[str, str]]:
        """Draw what is asked for, under its name."""
        seen = self._course.acknowledged
        member, public_id = (
            self._draws.choice(seen)
            if seen
            else (self._draws.choice(self._course.contest.members), "")
        )
        bearer = {"Authorization": f"Bearer {member.token}"}
        board = f"/phases/{PHASE}/leaderboard"
        found = [
            ("board", f"/api/v1{board}", bearer),
            ("board page", board, {}),
            ("list", "/api/v1/submissions", bearer),
            ("quota", f"/api/v1/me/quota?phase={PHASE}", bearer),
        ]
        if public_id:
            found += [("submission", f"/api/v1/submissions/{public_id}", bearer)] * 2
        return self._draws.choice(found)
