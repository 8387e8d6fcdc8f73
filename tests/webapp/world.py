"""Builds a small challenge to test services: a staging phase, four patients, teams on demand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from ground_truth.types import GroundTruth, Kind, PatientTruth
from ground_truth.versions.version import case_list
from tests.webapp.conftest import Database
from webapp.database.engine import read_clock
from webapp.database.models import User
from webapp.services.operations.invariants import violations
from webapp.services.people.teams import create_team
from webapp.services.phases.challenges import PhaseSpec, PhaseView, add_challenge, add_phase
from webapp.services.phases.method_cards import MethodCard
from webapp.services.release.allow_list import SubmissionView, Viewer
from webapp.services.submissions.submissions import Accepted, AcceptRequest, accept, submission
from webapp.services.work.execution import Outcome, run
from webapp.services.work.queue import WorkItem, WorkPolicy, next_items
from webapp.storage import FolderBlobStore

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TRUE_STAGES = ("pN0", "pN0(i+)", "pN1mi", "pN2")
PERFECT = TRUE_STAGES
ONE_OFF = ("pN0", "pN0(i+)", "pN1mi", "pN1")
FAR_OFF = ("pN2", "pN1mi", "pN0(i+)", "pN0")
SCORE_OF_ONE_OFF = 0.9286
"""Of ONE_OFF: 1 - (1 / 4) / (56 / 16), squared distances over pairs seen and expected."""

POLICY = WorkPolicy(worker="test-worker")
HASTY = WorkPolicy(worker="hasty", lease_seconds=0.2)


@dataclass(frozen=True, slots=True)
class Member:
    """A captain and the team."""

    user_id: int
    team_id: int
    team: str

    @property
    def viewer(self) -> Viewer:
        """Return the member as a viewer."""
        return Viewer(self.user_id, self.team_id)


@dataclass(frozen=True, slots=True)
class World:
    """A database with one phase, a folder of blobs, and a truth."""

    database: Database
    sessions: sessionmaker[Session]
    storage: FolderBlobStore
    truth: GroundTruth
    phase: PhaseView
    counter: list[int] = field(default_factory=lambda: [0])

    def load_truth(self, version: str) -> GroundTruth:
        """Return the world's truth."""
        if version != self.truth.version:
            raise FileNotFoundError(version)
        return self.truth

    def member(self, team: str | None = None, *, is_organiser: bool = False) -> Member:
        """Add a captain with a team."""
        self.counter[0] += 1
        name = team or f"Team {self.counter[0]}"
        user_id = self.user(is_organiser=is_organiser)
        with self.sessions() as session:
            return Member(user_id, create_team(session, user_id=user_id, name=name).id, name)

    def user(self, *, is_organiser: bool = False) -> int:
        """Add an account that cannot sign in, since hashing a password is slow."""
        self.counter[0] += 1
        user = User(
            email=f"user{self.counter[0]}@example.org",
            name=f"User {self.counter[0]}",
            password_hash="!",
            is_organiser=is_organiser,
        )
        with self.sessions() as session:
            session.add(user)
            session.commit()
            return user.id

    def submit(
        self, member: Member, content: bytes, key: str | None = None, method: str = "m"
    ) -> Accepted:
        """Submit a file with one call."""
        return accept(self.sessions, self.storage, self.request(member, content, key, method))

    def request(
        self, member: Member, content: bytes, key: str | None = None, method: str = "m"
    ) -> AcceptRequest:
        """Return the request that submits a file now."""
        with self.sessions() as session:
            now = read_clock(session)
        return AcceptRequest(
            user_id=member.user_id,
            team_id=member.team_id,
            phase_slug=self.phase.slug,
            filename="stages.csv",
            chunks=[content],
            expected_bytes=len(content),
            max_bytes=10_000,
            card=MethodCard(method=method),
            idempotency_key=key,
            arrived_at=now,
        )

    def run(self, item: WorkItem, policy: WorkPolicy = POLICY) -> Outcome | None:
        """Do one item."""
        return run(self.sessions, self.storage, self.load_truth, item, policy)

    def waiting(self) -> list[WorkItem]:
        """Return all that can be claimed."""
        with self.sessions() as session:
            return next_items(session, limit=100)

    def work(self, policy: WorkPolicy = POLICY) -> None:
        """Work until nothing can be claimed."""
        while [item for item in self.waiting() if self.run(item, policy) is not None]:
            pass

    def view(self, public_id: str, viewer: Viewer) -> SubmissionView:
        """Return a submission as a viewer sees it."""
        with self.sessions() as session:
            return submission(session, public_id=public_id, viewer=viewer)

    def violations(self) -> dict[str, int]:
        """Return the invariants that do not hold."""
        with self.sessions() as session:
            found = violations(session, self.storage, reads_blobs=True)
        return {name: count for name, count in found.items() if count}

    def execute(self, statement: str, **values: object) -> list[Any]:
        """Run raw SQL; return its rows if it has any."""
        with self.database.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []


def make_world(database: Database, folder: Path, **changes: Any) -> World:
    """Build a world; changes are fields of its phase's `PhaseSpec`."""
    truth = staging_truth()
    spec = {
        "challenge_slug": "camelyon17",
        "slug": "stages",
        "name": "Stages",
        "kind": Kind.STAGING,
        "opens_at": LONG_AGO,
    }
    with database.sessions() as session:
        add_challenge(session, slug="camelyon17", name="CAMELYON17", summary="")
        phase = add_phase(session, PhaseSpec(**{**spec, **changes}), case_list(truth))
    return World(database, database.sessions, FolderBlobStore(folder / "blobs"), truth, phase)


def staging_truth(version: str = "0123456789ab") -> GroundTruth:
    """Return four patients, one a stage but pN1, with two nodes each."""
    patients = tuple(
        PatientTruth(
            f"patient_00{number}",
            stage,
            None,
            {f"patient_00{number}_node_{node}": "negative" for node in range(2)},
        )
        for number, stage in enumerate(TRUE_STAGES)
    )
    return GroundTruth(version, "camelyon17", (), patients, {"exclusions": []})


def stages_csv(stages: Iterable[str] = PERFECT) -> bytes:
    """Return a submission of these stages in patient order."""
    rows = "".join(f"patient_00{number}.zip,{stage}\n" for number, stage in enumerate(stages))
    return f"patient,stage\n{rows}".encode()


def set_clock_of_phase(world: World, **columns: datetime | None) -> None:
    """Move a phase's window."""
    for column, value in columns.items():
        with world.database.engine.begin() as connection:
            from sqlalchemy import update

            from webapp.database.models import Phase

            connection.execute(update(Phase).values({column: value}))


Maker = Callable[..., World]
