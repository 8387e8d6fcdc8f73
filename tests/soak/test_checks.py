"""Checks that each check of the soak finds what it is there for, in a database tampered with."""

import hashlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from tests.faults.tiny_phase import PHASE
from tests.soak.checks import problems_of
from tests.soak.contest import Contest, Member, set_up
from tests.soak.evidence import gather
from tests.soak.ledger import Line, What
from tests.soak.services import runtime_of
from webapp.database.engine import read_clock
from webapp.database.migrations import upgrade
from webapp.database.models import Membership
from webapp.processes.home import prepare_home
from webapp.runtime import Runtime
from webapp.services.phases.method_cards import MethodCard
from webapp.services.submissions import submissions
from webapp.services.submissions.submissions import AcceptRequest
from webapp.services.work import execution, queue
from webapp.services.work.queue import WorkKind

SECOND_REFUND = """
INSERT INTO quota_entry
    (team_id, phase_id, submission_id, kind, amount, reason, charged_at, created_at)
SELECT team_id, phase_id, submission_id, 'refund', amount, reason, charged_at, created_at
FROM quota_entry WHERE submission_id = 1
"""
SENT = ("detections", "few", "outside")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a service without processes kept of three files, one of them invalid."""

    runtime: Runtime
    contest: Contest
    lines: tuple[Line, ...]

    def problems(self, lines: tuple[Line, ...] | None = None) -> dict[str, int]:
        """Return how many problems the checks find, by their names."""
        evidence = gather(self.runtime, self.lines if lines is None else lines, self.expected)
        return {name: len(found) for name, found in problems_of(evidence).items() if found}

    @property
    def expected(self) -> dict[str, str | None]:
        """Return what the files must get."""
        return self.contest.expected

    def tamper(self, statement: str) -> None:
        """Change the database behind the service's back."""
        with self.runtime.session() as session:
            session.execute(text(statement))
            session.commit()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Contest, tuple[Line, ...]]:
    folder = tmp_path_factory.mktemp("original")
    runtime = runtime_of(folder)
    upgrade(runtime.settings.database_address)
    contest = set_up(folder, prepare_home(folder / "home"), runtime)
    lines = [
        line for number, name in enumerate(SENT) for line in hand_in(runtime, contest, name, number)
    ]
    do_all_work(runtime)
    without_triggers(runtime)
    runtime.engine.dispose()
    return folder, contest, tuple(lines)


@pytest.fixture
def kept(original: tuple[Path, Contest, tuple[Line, ...]], tmp_path: Path) -> Iterator[Kept]:
    folder, contest, lines = original
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    runtime = runtime_of(tmp_path)
    yield Kept(runtime, contest, lines)
    runtime.engine.dispose()


def hand_in(runtime: Runtime, contest: Contest, name: str, number: int) -> tuple[Line, Line]:
    member, key, file = contest.members[0], f"key-{number}", contest.entries[name].copy(number)
    with runtime.session() as session:
        now = read_clock(session)
        user_id = session.scalars(select(Membership.user_id).order_by(Membership.id)).first() or 0
    accepted = submissions.accept(
        runtime.sessions,
        runtime.storage,
        AcceptRequest(
            user_id=user_id,
            team_id=member.team_id,
            phase_slug=PHASE,
            filename="s.zip",
            chunks=(file,),
            expected_bytes=len(file),
            max_bytes=len(file),
            card=MethodCard(name, ""),
            idempotency_key=key,
            arrived_at=now,
        ),
    )
    sent = sent_line(member, key, name, file)
    return sent, replace(sent, what=What.ACKNOWLEDGED, public_id=accepted.public_id)


def sent_line(member: Member, key: str, name: str, file: bytes) -> Line:
    sha256 = hashlib.sha256(file).hexdigest()
    return Line(What.SENT, time.time(), key, member.team_id, name, sha256)


def do_all_work(runtime: Runtime) -> None:
    while True:
        with runtime.reading() as session:
            items = queue.next_items(session, limit=8)
        items = [item for item in items if item.kind is not WorkKind.RANK]
        if not items:
            return
        for item in items:
            execution.run(
                runtime.sessions, runtime.storage, runtime.load_truth, item, runtime.policy("test")
            )


def without_triggers(runtime: Runtime) -> None:
    """Take away what keeps the database itself from being tampered with."""
    with runtime.session() as session:
        names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        for name in names:
            session.execute(text(f"DROP TRIGGER {name}"))
        session.commit()


def test_what_was_kept_has_no_problem(kept: Kept) -> None:
    assert kept.problems() == {}


def test_a_lost_row_is_found(kept: Kept) -> None:
    for table in ("quota_entry", "idempotency_key", "event"):
        kept.tamper(f"DELETE FROM {table} WHERE submission_id = 1")  # noqa: S608 - ours
    kept.tamper("DELETE FROM event WHERE evaluation_id = 1")
    kept.tamper("DELETE FROM evaluation WHERE submission_id = 1")
    kept.tamper("DELETE FROM submission WHERE id = 1")

    assert kept.problems() == {"lost": 1}


def test_a_row_of_another_team_is_found(kept: Kept) -> None:
    kept.tamper("UPDATE submission SET team_id = 2 WHERE id = 1")

    assert kept.problems()["lost"] == 1


def test_a_changed_file_is_found(kept: Kept) -> None:
    sha256 = kept.lines[0].sha256
    path = kept.runtime.settings.blob_dir / sha256[:2] / sha256
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    assert kept.problems() == {"damaged files": 1, "invariants": 1}


def test_a_missing_file_is_found(kept: Kept) -> None:
    sha256 = kept.lines[2].sha256
    (kept.runtime.settings.blob_dir / sha256[:2] / sha256).unlink()

    assert kept.problems() == {"damaged files": 1, "invariants": 1}


def test_a_row_with_the_sha256_of_another_file_is_found(kept: Kept) -> None:
    kept.tamper(
        "UPDATE submission SET (sha256, size) ="
        " (SELECT sha256, size FROM submission WHERE id = 2) WHERE id = 1"
    )

    assert kept.problems()["lost"] == 1


def test_a_doubled_commit_is_found(kept: Kept) -> None:
    kept.tamper(
        "INSERT INTO event (at, audience, kind, evaluation_id, submission_id, detail)"
        " SELECT at, audience, kind, evaluation_id, submission_id, detail FROM event"
        " WHERE kind = 'work.committed' AND evaluation_id = 1"
    )

    found = kept.problems()

    assert found["commits"] == 1
    assert found["invariants"] >= 1


def test_a_commit_that_nobody_logged_is_found(kept: Kept) -> None:
    kept.tamper("DELETE FROM event WHERE kind = 'work.committed' AND evaluation_id = 2")

    assert kept.problems()["commits"] == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM quota_entry WHERE submission_id = 1",
        "UPDATE quota_entry SET amount = 2 WHERE submission_id = 1",
        "UPDATE quota_entry SET kind = 'refund' WHERE submission_id = 2",
        "DELETE FROM quota_entry WHERE submission_id = 3 AND kind = 'refund'",
        SECOND_REFUND,
    ],
)
def test_a_wrong_charge_is_found(kept: Kept, statement: str) -> None:
    kept.tamper(statement)

    assert kept.problems()["wrong charges"] == 1


def test_a_result_that_differs_in_one_byte_is_found(kept: Kept) -> None:
    kept.tamper("UPDATE evaluation SET result = result || ' ' WHERE id = 1")

    assert kept.problems() == {"wrong result or state": 1}


def test_a_result_of_another_file_is_found(kept: Kept) -> None:
    kept.tamper(
        "UPDATE evaluation SET result = (SELECT result FROM evaluation WHERE id = 2) WHERE id = 1"
    )

    assert kept.problems() == {"wrong result or state": 1}


def test_a_stuck_row_is_found(kept: Kept) -> None:
    kept.tamper("UPDATE evaluation SET state = 'queued', result = NULL WHERE id = 1")

    found = kept.problems()

    assert found["stuck"] == 1
    assert found["wrong result or state"] == 1


def test_an_invalid_file_that_was_let_through_is_found(kept: Kept) -> None:
    kept.tamper("UPDATE submission SET state = 'accepted' WHERE id = 3")

    assert kept.problems()["wrong result or state"] == 1


def test_a_valid_file_that_was_quarantined_is_found(kept: Kept) -> None:
    kept.tamper("UPDATE evaluation SET state = 'quarantined', result = NULL WHERE id = 2")

    assert kept.problems()["valid files quarantined"] == 1


def test_two_answers_for_one_key_are_found(kept: Kept) -> None:
    second = replace(kept.lines[1], public_id=kept.lines[3].public_id)

    assert kept.problems((*kept.lines, second))["doubled"] == 1


def test_a_second_submission_without_a_key_is_found(kept: Kept) -> None:
    kept.tamper("DELETE FROM idempotency_key WHERE submission_id = 2")

    assert kept.problems()["doubled"] == 1


def test_a_submission_of_a_cut_upload_is_found(kept: Kept) -> None:
    cut = replace(kept.lines[0], what=What.BROKEN_OFF)

    assert kept.problems((*kept.lines, cut)) == {"doubled": 1}


def test_a_submission_that_nobody_sent_is_found(kept: Kept) -> None:
    assert kept.problems(kept.lines[2:]) == {"doubled": 1}
