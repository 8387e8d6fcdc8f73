"""Runs a real service in a temporary home, with a tiny truth, a phase and a team."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from tests.builders import zip_file
from tests.faults.tiny_phase import DETECTIONS, PHASE, add_phase, build_truth, offline_result
from webapp.database.engine import read_clock
from webapp.database.models import (
    DecoderAnswer,
    Evaluation,
    EvaluationState,
    Event,
    Submission,
)
from webapp.processes.supervisor import Service, running_service
from webapp.runtime import Runtime
from webapp.services.operations.invariants import violations
from webapp.services.people import accounts, teams
from webapp.services.phases.method_cards import MethodCard
from webapp.services.submissions import submissions
from webapp.services.submissions.submissions import AcceptRequest
from webapp.services.work.queue import WorkItem, WorkKind
from webapp.tasks import announce

LEASE_SECONDS = float(os.environ.get("CAMELYON_FAULTS_LEASE_SECONDS", "10"))
GRACE_SECONDS = 10.0
"""The promise: scored within the lease and this time, without help."""

_WAIT_SECONDS = 0.02


@dataclass(slots=True)
class Arena:
    """One running service, and what tests need to use it."""

    service: Service
    runtime: Runtime
    user_id: int
    team_id: int
    file: bytes
    expected: str
    handed_in: int = 0

    def another_team(self, name: str) -> tuple[int, int]:
        """Add a captain with a team; return the ids of both."""
        with self.runtime.session() as session:
            user = accounts.register(
                session,
                email=f"{name.casefold()}@example.org",
                name=name,
                password="a long and unusual phrase",
            )
            return user.id, teams.create_team(session, user_id=user.id, name=name).id

    def hand_in(self, team: tuple[int, int] | None = None) -> str:
        """Submit the file, by default as the arena's team; return the submission's public id."""
        user_id, team_id = team or (self.user_id, self.team_id)
        self.handed_in += 1
        with self.runtime.reading() as session:
            now = read_clock(session)
        request = AcceptRequest(
            user_id=user_id,
            team_id=team_id,
            phase_slug=PHASE,
            filename="submission.zip",
            chunks=(self.file,),
            expected_bytes=len(self.file),
            max_bytes=len(self.file),
            card=MethodCard(f"method {self.handed_in}", ""),
            idempotency_key=f"key-{self.handed_in}",
            arrived_at=now,
        )
        accepted = submissions.accept(self.runtime.sessions, self.runtime.storage, request)
        announce(self.runtime)
        return accepted.public_id

    def evaluation(self, public_id: str) -> Evaluation | None:
        """Return the evaluation's current row."""
        with self.runtime.reading() as session:
            return session.scalar(
                select(Evaluation)
                .join(Submission, Submission.id == Evaluation.submission_id)
                .where(Submission.public_id == public_id)
            )

    def item(self, public_id: str) -> WorkItem:
        """Return the evaluation as an item of work."""
        row = self.evaluation(public_id)
        assert row is not None
        return WorkItem(WorkKind.EVALUATE, row.id)

    def wait_for_slide(self, public_id: str, number: int, seconds: float = 30.0) -> None:
        """Wait until a running evaluation has scored this many slides."""
        deadline = time.monotonic() + seconds
        while True:
            row = self.evaluation(public_id)
            if row is not None and row.state == "running" and row.slides_done >= number:
                return
            assert time.monotonic() < deadline, row and (row.state, row.slides_done)
            time.sleep(_WAIT_SECONDS)

    def wait_for_attempt(self, public_id: str, attempt: int, seconds: float = 30.0) -> None:
        """Wait until the evaluation has been claimed this often."""
        deadline = time.monotonic() + seconds
        while True:
            row = self.evaluation(public_id)
            if row is not None and row.state == "running" and row.attempt >= attempt:
                return
            assert time.monotonic() < deadline, row and (row.state, row.attempt)
            time.sleep(_WAIT_SECONDS)

    def seconds_until_scored(self, public_ids: list[str], seconds: float) -> float | None:
        """Wait for scores; return how long it took, None if they are not there in time."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            rows = [self.evaluation(public_id) for public_id in public_ids]
            if all(row is not None and row.state == "scored" for row in rows):
                return time.monotonic() - began
            time.sleep(_WAIT_SECONDS)
        return None

    def count_unfinished(self) -> int:
        """Count the submissions that are not scored yet."""
        with self.runtime.reading() as session:
            n_scored = select(func.count()).where(Evaluation.state == EvaluationState.SCORED)
            n_all = select(func.count()).select_from(Submission)
            return session.scalars(n_all).one() - session.scalars(n_scored).one()

    def decoded(self) -> list[int]:
        """Return the stored rows of the decoder's answers."""
        with self.runtime.reading() as session:
            return list(session.scalars(select(DecoderAnswer.id).order_by(DecoderAnswer.id)))

    def commits(self, public_id: str) -> int:
        """Return how often a result of a submission was committed."""
        item = self.item(public_id)
        with self.runtime.reading() as session:
            found = session.scalars(
                select(Event.id).where(
                    Event.kind == "work.committed", Event.evaluation_id == item.id
                )
            )
            return len(found.all())

    def broken_invariants(self) -> dict[str, int]:
        """Return the invariants that do not hold."""
        with self.runtime.reading() as session:
            found = violations(session, self.runtime.storage, reads_blobs=True)
        return {name: count for name, count in found.items() if count}

    def kill(self, program: str) -> None:
        """Kill a program with everything that it has started."""
        process = self.service.process_id(program)
        assert process is not None, f"{program} does not run"
        os.killpg(process, signal.SIGKILL)

    def kill_children(self, program: str) -> None:
        """Kill everything that a program has started, but not the program."""
        process = self.service.process_id(program)
        threads = Path(f"/proc/{process}/task").glob("*/children")  # any of them starts children
        children = [child for thread in threads for child in thread.read_text().split()]
        assert children, f"{program} has no children"
        for child in children:
            os.kill(int(child), signal.SIGKILL)

    def terminate(self, program: str) -> None:
        """Ask a program to stop."""
        process = self.service.process_id(program)
        assert process is not None, f"{program} does not run"
        os.kill(process, signal.SIGTERM)

    def require_scored_once(self, public_ids: list[str]) -> None:
        """Check that each has one result, committed once, equal to the offline one."""
        for public_id in public_ids:
            row = self.evaluation(public_id)
            assert row is not None
            assert row.result == self.expected
            assert self.commits(public_id) == 1
        assert self.broken_invariants() == {}


@contextmanager
def arena(
    folder: Path,
    *switches: str,
    database_url: str | None = None,
    files: Mapping[str, str | bytes] = DETECTIONS,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Arena]:
    """Run a service with a short lease and these test switches, by default on SQLite.

    Further ``settings`` are variables of the environment.
    """
    environment = {
        "PATH": os.environ["PATH"],
        "CAMELYON_LEASE_SECONDS": str(LEASE_SECONDS),
        "CAMELYON_SWEEP_SECONDS": "5",
        "CAMELYON_TEST_SWITCHES": ",".join(switches),
    }
    environment.update(settings or {})
    if database_url is not None:
        environment["CAMELYON_DATABASE_URL"] = database_url
    home = folder / "home"
    version = build_truth(folder / "source", home / "truth")
    with running_service(home, environment=environment) as service:
        built = _add_phase_and_team(service, version, zip_file(folder / "submission.zip", files))
        yield built
        built.runtime.engine.dispose()


def _add_phase_and_team(service: Service, version: str, path: Path) -> Arena:
    runtime = Runtime(service.settings)
    truth = runtime.load_truth(version)
    phase = add_phase(runtime, truth, quota_limit=1000)
    with runtime.session() as session:
        user = accounts.register(
            session, email="ada@example.org", name="Ada", password="a long and unusual phrase"
        )
        team = teams.create_team(session, user_id=user.id, name="Arena")
    expected = offline_result(path, truth, phase)
    return Arena(service, runtime, user.id, team.id, path.read_bytes(), expected)
