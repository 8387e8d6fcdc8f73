"""Runs the operators' commands of the queue on a home with one submission."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import sessionmaker
from typer.testing import CliRunner

from tests.webapp.conftest import Database
from tests.webapp.world import World, make_world, stages_csv
from webapp.cli import app
from webapp.database.engine import make_engine
from webapp.database.migrations import upgrade
from webapp.processes.home import prepare_home
from webapp.services.records.slots import SlotPulse, record_slots


@dataclass(frozen=True, slots=True)
class Served:
    """A home, and the submission that waits in it."""

    home: Path
    world: World
    public_id: str

    def run(self, *arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*arguments, "--home", str(self.home)])
        return done.exit_code, done.output


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("CAMELYON_REDIS_URL", "redis://127.0.0.1:1/0")
    home = prepare_home(tmp_path / "home")
    url = f"sqlite:///{home.database}"
    upgrade(url)
    engine = make_engine(url)
    database = Database("sqlite", url, engine, sessionmaker(engine, expire_on_commit=False))
    world = make_world(database, home.root)
    public_id = world.submit(world.member("Alpha"), stages_csv()).public_id
    world.user(is_organiser=True)
    yield Served(home.root, world, public_id)
    engine.dispose()


def organiser(served: Served) -> str:
    (mail,) = served.world.execute("SELECT email FROM user_account WHERE is_organiser")
    return str(mail[0])


def move(served: Served, command: str, reason: str) -> tuple[int, str]:
    by = organiser(served)
    return served.run("work", command, served.public_id, "--by", by, "--reason", reason)


def test_the_queue_is_listed_by_public_id(served: Served) -> None:
    status, text = served.run("work", "list")

    assert status == 0
    assert text.startswith(f"{served.public_id}  stages  Alpha  received  attempt 0  ")
    assert served.run("work", "list", "--quarantined") == (0, "")


def test_a_row_is_taken_out_and_put_back(served: Served) -> None:
    assert move(served, "quarantine", "odd") == (0, f"{served.public_id} is quarantined\n")
    assert served.public_id in served.run("work", "list", "--quarantined")[1]

    assert move(served, "requeue", "mended") == (0, f"{served.public_id} is in the queue\n")
    assert "received  attempt 0" in served.run("work", "list")[1]


def test_what_cannot_be_moved_is_refused_in_words(served: Served) -> None:
    served.world.work()

    status, text = move(served, "requeue", "again")

    assert status == 1
    assert "there is nothing to do again" in text


def test_doctor_tells_of_slots_and_of_the_queue(served: Served) -> None:
    with served.world.sessions() as session:
        record_slots(
            session,
            "worker-1@here",
            [SlotPulse(1, 0.0, None), SlotPulse(2, 1.0, 8.0), SlotPulse(3, 50.0, 60.0)],
        )

    status, text = served.run("doctor")

    assert status == 1
    assert "ok   slot slot-1.worker-1@here: waits\n" in text
    assert "ok   slot slot-2.worker-1@here: works, for " in text
    assert "BAD  slot slot-3.worker-1@here: hangs, its work last went on 5" in text
    assert "ok   1 waiting, the oldest for " in text
    assert "hints in the broker: unknown (ConnectionError)" in text
