import logging
from pathlib import Path
from threading import Event, current_thread

import pytest
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ground_truth.types import GroundTruth
from tests.builders import zip_file
from tests.webapp.world import FAR_OFF, HASTY, ONE_OFF, POLICY, Maker, World, stages_csv
from webapp.database.models import Audience
from webapp.services.release.allow_list import Viewer
from webapp.services.submissions.quotas import quota
from webapp.services.submissions.submissions import events
from webapp.services.work.execution import run
from webapp.services.work.queue import WorkItem, WorkKind

ORGANISER = Viewer(is_organiser=True)


def test_a_clean_file_is_validated_then_scored(world: World) -> None:
    member = world.member()

    accepted = world.submit(member, stages_csv(ONE_OFF))
    world.work()

    view = world.view(accepted.public_id, member.viewer)
    assert (view.state, view.score) == ("scored", 0.93)
    assert world.violations() == {}


def test_a_file_with_problems_is_rejected_and_refunded(world: World) -> None:
    member = world.member()

    accepted = world.submit(member, b"patient,stage\npatient_000.zip,pN9\n")
    world.work()

    view = world.view(accepted.public_id, member.viewer)
    assert (view.state, view.refunded, view.score) == ("rejected", True, None)
    assert view.report is not None
    assert view.report["counts"] == {"missing_patient": 3, "unknown_stage": 1}
    with world.sessions() as session:
        assert quota(session, team_id=member.team_id, phase_id=world.phase.id).remaining == 3
    assert world.violations() == {}


def test_files_that_cost_too_much_are_given_back_three_times_a_day(
    make: Maker, tmp_path: Path
) -> None:
    world = make(quota_limit=9)
    member = world.member()
    bomb = zip_file(tmp_path / "bomb.zip", {"stages.csv": b" " * 2**21}).read_bytes()

    sent = [world.submit(member, bomb).public_id for _ in range(4)]
    world.work()

    views = [world.view(public_id, member.viewer) for public_id in sent]
    assert {view.state for view in views} == {"rejected"}
    assert views[0].report is not None
    assert views[0].report["counts"] == {"member_too_large": 1}
    assert [view.refunded for view in views] == [True, True, True, False]
    assert world.violations() == {}


def test_doing_an_item_again_does_nothing(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv(FAR_OFF))
    (validate,) = world.waiting()
    first = world.run(validate)
    assert first is not None
    (evaluate,) = first.follow_up
    world.run(evaluate)
    before = world.view(accepted.public_id, ORGANISER)

    repeated = [world.run(item) for item in (validate, evaluate, evaluate)]

    assert repeated == [None, None, None]
    assert world.view(accepted.public_id, ORGANISER) == before
    assert world.execute("SELECT count(*) FROM evaluation")[0][0] == 1
    assert world.violations() == {}


@pytest.mark.parametrize("kind", list(WorkKind))
def test_a_forged_item_does_nothing(world: World, kind: WorkKind) -> None:
    assert world.run(WorkItem(kind, 4711)) is None


def _blob(world: World) -> Path:
    ((sha256, _),) = list(world.storage.list_blobs())
    return world.storage.root / sha256[:2] / sha256


@pytest.mark.parametrize("damage", ["missing", "altered", "cut"])
def test_a_blob_damaged_before_scoring_fails_by_code_and_is_refunded(
    world: World, damage: str
) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    (validate,) = world.waiting()
    world.run(validate)
    blob = _blob(world)
    content = blob.read_bytes()
    if damage == "missing":
        blob.unlink()
    else:
        blob.write_bytes(content[:-1] if damage == "cut" else content.replace(b"pN2", b"pN1"))

    world.work()

    view = world.view(accepted.public_id, member.viewer)
    assert (view.state, view.failure_code, view.score) == ("failed", "blob_damaged", None)
    assert view.refunded
    with world.sessions() as session:
        told = events(session, public_id=accepted.public_id, viewer=ORGANISER)
    assert ("alert.failed", Audience.ORGANISER) in [(one.kind, one.audience) for one in told]
    assert world.violations() == {"I1": 1}


def test_a_blob_damaged_before_validation_is_quarantined_and_refunded(world: World) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    _blob(world).write_bytes(b"something else")

    world.work()

    view = world.view(accepted.public_id, member.viewer)
    assert (view.state, view.refunded) == ("quarantined", True)


def test_an_unexpected_error_rests_the_item_and_ends_in_quarantine_after_the_third(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    member = world.member()
    accepted = world.submit(member, stages_csv())
    (validate,) = world.waiting()
    outcome = world.run(validate)
    assert outcome is not None
    (evaluate,) = outcome.follow_up
    world.execute("UPDATE evaluation SET truth_version = 'ffffffffffff'")

    for _ in range(3):
        assert world.waiting() == [evaluate]
        with caplog.at_level(logging.ERROR), pytest.raises(FileNotFoundError):
            world.run(evaluate)
        assert world.run(evaluate) is None  # it rests
        world.execute("UPDATE evaluation SET not_before = NULL")

    assert world.execute("SELECT state, attempt FROM evaluation") == [("quarantined", 3)]
    assert "FileNotFoundError" in caplog.text
    assert "ffffffffffff" not in caplog.text
    with world.sessions() as session:
        kinds = [
            one.kind for one in events(session, public_id=accepted.public_id, viewer=ORGANISER)
        ]
    assert kinds.count("work.error") == 2
    assert kinds.count("alert.quarantined") == 1


def test_a_worker_with_other_rules_does_not_score(world: World) -> None:
    member = world.member()
    world.submit(member, stages_csv())
    (validate,) = world.waiting()
    outcome = world.run(validate)
    assert outcome is not None
    world.execute("UPDATE evaluation SET scoring = 'other'")

    with pytest.raises(Exception, match="other"):
        world.run(outcome.follow_up[0], POLICY)

    assert world.execute("SELECT state, score FROM evaluation") == [("queued", None)]


def test_a_lease_that_cannot_be_renewed_is_logged_with_its_submission(world: World) -> None:
    lines: list[dict[str, object]] = []
    said = Event()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append({**structlog.contextvars.get_contextvars(), "event": record.msg})
            said.set()

    def sessions() -> Session:
        if current_thread().name.startswith("lease-"):
            raise SQLAlchemyError
        return world.sessions()

    def load_slowly(version: str) -> GroundTruth:
        assert said.wait(60)
        return world.load_truth(version)

    listener = Listener()
    logging.getLogger("webapp.services.work.leases").addHandler(listener)
    public_id = world.submit(world.member(), stages_csv()).public_id
    (validate,) = world.waiting()
    outcome = world.run(validate)
    assert outcome is not None

    run(sessions, world.storage, load_slowly, outcome.follow_up[0], HASTY)

    logging.getLogger("webapp.services.work.leases").removeHandler(listener)
    assert (lines[0]["event"], lines[0]["submission"]) == ("lease not renewed", public_id)
