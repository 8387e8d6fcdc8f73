"""Clients that post to a running service, each key until it is acknowledged, and keep a ledger."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
from sqlalchemy import func, select

from tests.faults.arena import Arena
from tests.faults.tiny_phase import PHASE
from webapp.database.models import ChargeKind, QuotaEntry, Scope, Submission
from webapp.services.people import accounts, teams, tokens

POSTS_ALLOWED = 200
"""Fewer than a person may send in an hour."""

_SHORTEST_PAUSE_SECONDS = 0.1
_GIVE_UP_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Post:
    """One answer; its status is 0 if there was none."""

    status: int
    seconds: float
    submission: str | None


@dataclass(slots=True)
class Ledger:
    """All answers, and how long each key took until it was acknowledged."""

    posts: list[Post] = field(default_factory=list)
    seconds_of_keys: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    given_up: int = 0

    def statuses(self) -> Counter[int]:
        """Count the answers by status."""
        return Counter(post.status for post in self.posts)

    def p99_accepted_seconds(self) -> float:
        """Return within how long 99 of 100 acknowledgements came."""
        accepted = sorted(post.seconds for post in self.posts if post.status == 202)
        return accepted[int(0.99 * (len(accepted) - 1))]

    def slowest_answer_seconds(self) -> float:
        """Return how long the slowest answer took."""
        return max(post.seconds for post in self.posts)

    def summary(self) -> str:
        """Return the figures in one line."""
        return (
            f"{dict(self.statuses())}, p99 of 202 {self.p99_accepted_seconds():.2f} s,"
            f" slowest answer {self.slowest_answer_seconds():.2f} s,"
            f" slowest key {max(self.seconds_of_keys):.2f} s"
        )

    def require_nothing_lost_or_doubled(self, place: Arena) -> None:
        """Check that each acknowledged key made one submission and one charge, and none is more."""
        assert self.given_up == 0
        assert len(set(self.acknowledged)) == len(self.acknowledged)
        with place.runtime.reading() as session:
            made = set(session.scalars(select(Submission.public_id)))
            charges = session.scalar(
                select(func.count()).where(QuotaEntry.kind == ChargeKind.CHARGE)
            )
        assert made == set(self.acknowledged)
        assert charges == len(self.acknowledged)
        assert place.broken_invariants() == {}


@contextmanager
def posting(place: Arena, n_clients: int, expected_seconds: float) -> Iterator[Ledger]:
    """Let clients post meanwhile; on leaving, each has its last key acknowledged."""
    ledger, over = Ledger(), threading.Event()
    pause_seconds = max(_SHORTEST_PAUSE_SECONDS, expected_seconds / POSTS_ALLOWED)
    clients = [
        threading.Thread(target=_post_until, args=(over, place, token, ledger, pause_seconds))
        for token in _tokens(place, n_clients)
    ]
    for client in clients:
        client.start()
    try:
        yield ledger
    finally:
        over.set()
        for client in clients:
            client.join()


def _tokens(place: Arena, number: int) -> list[str]:
    found = []
    with place.runtime.session() as session:
        for n in range(number):
            user = accounts.register(
                session, email=f"c{n}@example.org", name="C", password="a long unusual phrase"
            )
            teams.create_team(session, user_id=user.id, name=f"Clients {n}")
            scopes = frozenset({Scope.SUBMIT})
            found.append(tokens.create_token(session, user_id=user.id, name="c", scopes=scopes))
    return found


def _post_until(
    over: threading.Event, place: Arena, token: str, ledger: Ledger, pause_seconds: float
) -> None:
    # A connection each: one that is kept may be closed for idling just when it is used again.
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=place.service.url, timeout=60, limits=limits) as http:
        http.headers["Authorization"] = f"Bearer {token}"
        number = 0
        while not over.wait(pause_seconds):
            number += 1
            _post_key(http, place, f"key-{number}", ledger)


def _post_key(http: httpx.Client, place: Arena, key: str, ledger: Ledger) -> None:
    """Repeat a request as the API's description tells clients to, until it is acknowledged."""
    began = time.monotonic()
    while time.monotonic() - began < _GIVE_UP_SECONDS:
        post, retry_after_seconds = _post(http, place, key)
        ledger.posts.append(post)
        if post.submission is not None:
            ledger.seconds_of_keys.append(time.monotonic() - began)
            ledger.acknowledged.append(post.submission)
            return
        time.sleep(retry_after_seconds)
    ledger.given_up += 1


def _post(http: httpx.Client, place: Arena, key: str) -> tuple[Post, float]:
    began = time.monotonic()
    try:
        answer = http.post(
            "/api/v1/submissions",
            headers={"Idempotency-Key": key},
            data={"phase": PHASE, "method": key},
            files={"file": ("submission.zip", place.file)},
        )
    except httpx.HTTPError:
        return Post(0, time.monotonic() - began, None), 1.0
    submission = answer.json()["id"] if answer.status_code == 202 else None
    post = Post(answer.status_code, time.monotonic() - began, submission)
    return post, float(answer.headers.get("Retry-After", "1"))
