"""Builds a small service for tests of pages and API: people, phases, a tiny truth, no processes.

Alice is the captain and Bob a member of the team Alpha, Charlie is alone in Gamma, Dora has no
team, Olga is an organiser. There is no broker; `do_all_work` does a worker's work.
"""

import io
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from ground_truth.types import (
    Dimensions,
    EvaluationMask,
    GroundTruth,
    Kind,
    PatientTruth,
    SlideTruth,
)
from ground_truth.versions.version import case_list
from webapp.app import create_app
from webapp.database.models import Base, Phase, Release, Scope, Selection, TruthAccess
from webapp.database.patience import Patience
from webapp.http.workers import stop_notifying
from webapp.runtime import Runtime
from webapp.services.people import accounts, teams, tokens
from webapp.services.people.accounts import UserView
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseSpec
from webapp.services.work import execution, queue
from webapp.settings import Settings

PASSWORD = "eleven quiet llamas"
TRUTH_VERSION = "0123456789ab"
CANARY = "canary-7f3a"
"""A centre's name in the truth, which no answer may contain."""

DATABASE = "service.sqlite"
NO_BROKER = "redis://127.0.0.1:1/0"
GOOD_SLIDES = b"image,confidence\nslide_1,0.9\nslide_2,0.8\nslide_3,0.2\nslide_4,0.1\n"
POOR_SLIDES = b"image,confidence\nslide_1,0.9\nslide_2,0.1\nslide_3,0.5\nslide_4,0.3\n"
BROKEN_SLIDES = b"image,confidence\nslide_1,1.7\nslide_2,abc\nslide_9,0.5\n"


@dataclass
class World:
    """A service without processes, and the people who use it."""

    runtime: Runtime
    app: Flask
    truth: GroundTruth
    users: dict[str, UserView] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def browser(self, person: str | None = None) -> FlaskClient:
        """Return a browser, signed in as a person by the sign-in page itself."""
        client = self.app.test_client()
        if person is not None:
            form = {"email": f"{person}@example.org", "password": PASSWORD}
            assert post(client, "/sign-in", form).status_code == 303
        return client

    def bearer(self, name: str) -> dict[str, str]:
        """Return the header of a token."""
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def submit(self, person: str, content: bytes = GOOD_SLIDES, **fields: str) -> str:
        """Submit by one API call and return the submission's id."""
        response = self.app.test_client().post(
            "/api/v1/submissions",
            headers=self.bearer(person),
            data={"phase": "slides", **fields, "file": (io.BytesIO(content), "slides.csv")},
        )
        assert response.status_code == 202, response.json
        identifier: str = response.json["id"] if response.json else ""
        return identifier

    def close(self) -> None:
        """End what the service runs in threads, and close its connections."""
        stop_notifying(self.app)
        self.runtime.engine.dispose()

    @contextmanager
    def write_locked(self) -> Iterator[None]:
        """Hold SQLite's write lock from outside, as a worker or a backup does."""
        path = self.runtime.settings.blob_dir.parent / DATABASE
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")

    def do_all_work(self) -> None:
        """Do all waiting work as a worker would."""
        policy = self.runtime.policy("test")
        while items := self._waiting():
            for item in items:
                execution.run(
                    self.runtime.sessions, self.runtime.storage, lambda _: self.truth, item, policy
                )

    def move_window(self, slug: str, opens: timedelta, closes: timedelta | None) -> None:
        """Move a phase's window relative to now."""
        now = datetime.now(UTC)
        with self.runtime.session() as session:
            session.execute(
                update(Phase)
                .where(Phase.slug == slug)
                .values(opens_at=now + opens, closes_at=None if closes is None else now + closes)
            )
            session.commit()

    def _waiting(self) -> list[queue.WorkItem]:
        with self.runtime.reading() as session:
            return queue.next_items(session, limit=50)


def post(client: FlaskClient, path: str, form: Mapping[str, object]) -> TestResponse:
    """Post a form as a browser does: with the token of a page it has read."""
    return client.post(path, data={**form, "csrf_token": csrf_token(client)})


def csrf_token(client: FlaskClient) -> str:
    """Read the token from a page."""
    page = client.get("/sign-in").get_data(as_text=True)
    found = re.search(r'name="csrf_token"\s+value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def make_world(
    folder: Path,
    public_url: str = "http://127.0.0.1:8000",
    template: World | None = None,
    database_url: str | None = None,
    trusted_proxies: int = 0,
    redis_url: str = NO_BROKER,
    patience: Patience | None = None,
    disk_reserve_mib: int = 0,
) -> World:
    """Build the service on a database, by default a SQLite file, and a blob folder.

    With a template its database is copied instead of filled again: hashing passwords is slow.
    """
    if template is not None:
        template.runtime.engine.dispose()  # the last connection writes the log into the file
        source = template.runtime.settings.blob_dir.parent / DATABASE
        shutil.copy(source, folder / DATABASE)
    settings = Settings(
        secret_key=secrets.token_hex(32),
        database_url=database_url or f"sqlite:///{folder / DATABASE}",
        redis_url=redis_url,
        blob_dir=folder / "blobs",
        public_url=public_url,
        trusted_proxies=trusted_proxies,
        disk_reserve_mib=disk_reserve_mib,
    )
    runtime = Runtime(settings, patience=patience)
    world = World(runtime, create_app(runtime), tiny_truth())
    if template is not None:
        world.users, world.tokens = template.users, template.tokens
        return world
    Base.metadata.create_all(runtime.engine)
    _add_people(world)
    _add_phases(world)
    return world


def tiny_truth() -> GroundTruth:
    """Return four slides, two of them with one lesion each, and two patients."""
    kinds = frozenset({Kind.LESIONS, Kind.SLIDES})
    labels = np.zeros((8, 8), dtype=np.uint16)
    labels[2:6, 2:6] = 1
    mask = EvaluationMask(labels, 0, 0, np.array([False, False]))
    empty = EvaluationMask(np.zeros((0, 0), dtype=np.uint16), 0, 0, np.array([False]))
    slides = tuple(
        SlideTruth(
            slide=f"slide_{number}",
            width=4096,
            height=4096,
            dimensions=Dimensions.MEASURED,
            spacing_um=0.243,
            label="tumour" if number <= 2 else "normal",
            category=None,
            centre=CANARY,
            kinds=kinds,
            mask=mask if number <= 2 else empty,
            mask_own_spacing=mask if number <= 2 else empty,
        )
        for number in range(1, 5)
    )
    patients = (
        PatientTruth("patient_1", "pN0", CANARY, {"patient_1_node_0": "negative"}),
        PatientTruth("patient_2", "pN1", CANARY, {"patient_2_node_0": "macro"}),
    )
    return GroundTruth(
        TRUTH_VERSION, "camelyon16", slides, patients, {"note": CANARY, "exclusions": []}
    )


def _add_people(world: World) -> None:
    with world.runtime.session() as session:
        for name in ("alice", "bob", "charlie", "dora", "olga"):
            world.users[name] = accounts.add_user(
                session,
                email=f"{name}@example.org",
                name=name.capitalize(),
                password=PASSWORD,
                is_organiser=name == "olga",
            )
        alpha = teams.create_team(session, user_id=world.users["alice"].id, name="Alpha")
        teams.join_team(session, user_id=world.users["bob"].id, join_code=alpha.join_code)
        teams.create_team(session, user_id=world.users["charlie"].id, name="Gamma")
        both = frozenset({Scope.SUBMIT, Scope.READ})
        for name, person, scopes in (
            ("alice", "alice", both),
            ("bob", "bob", both),
            ("charlie", "charlie", both),
            ("dora", "dora", both),
            ("alice-read", "alice", frozenset({Scope.READ})),
            ("alice-submit", "alice", frozenset({Scope.SUBMIT})),
            ("olga", "olga", frozenset({Scope.ORGANISE})),
            ("olga-read", "olga", frozenset({Scope.READ})),
        ):
            world.tokens[name] = tokens.create_token(
                session, user_id=world.users[person].id, name=name, scopes=scopes
            )


def _add_phases(world: World) -> None:
    opened = datetime.now(UTC) - timedelta(days=1)
    cases = case_list(world.truth)
    with world.runtime.session() as session:
        challenges.add_challenge(session, slug="tiny", name="Tiny challenge")
        for slug, name, kind, options in (
            ("slides", "Slides", Kind.SLIDES, _PUBLIC),
            ("lesions", "Lesions", Kind.LESIONS, _PUBLIC),
            ("staging", "Staging", Kind.STAGING, _PUBLIC),
            ("hidden", "Hidden truth", Kind.SLIDES, {}),
            ("sealed", "Sealed", Kind.SLIDES, {"release": Release.SEALED}),
            ("private", "Private board", Kind.SLIDES, {"is_board_public": False}),
            ("latest", "Latest counts", Kind.SLIDES, {"selection": Selection.LATEST}),
        ):
            spec = PhaseSpec(
                challenge_slug="tiny",
                slug=slug,
                name=name,
                kind=kind,
                opens_at=opened,
                **options,
            )
            challenges.add_phase(session, spec, cases)


_PUBLIC: dict[str, object] = {
    "truth_access": TruthAccess.PUBLIC,
    "release": Release.OPEN,
    "after_close": Release.OPEN,
}
