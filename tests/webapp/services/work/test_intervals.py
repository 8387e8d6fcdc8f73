"""Checks evaluations' intervals and replicates: equal to offline, kept, shown as released."""

import os
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from evaluator.results.parameters import StagingParameters
from evaluator.results.replicates import replicates_from_npz, replicates_to_npz
from evaluator.results.result import canonical_json, scoring_digest
from evaluator.scoring.evaluation import evaluate
from ground_truth.types import Kind
from tests.webapp.conftest import Databases
from tests.webapp.world import LONG_AGO, ONE_OFF, PERFECT, Maker, Member, World, stages_csv
from webapp.database.models import Evaluation, Release, TruthAccess
from webapp.errors import Refused
from webapp.services.boards.leaderboard import standings
from webapp.services.operations.invariants import ORPHAN_SECONDS
from webapp.services.operations.sweeping import delete_orphan_blobs
from webapp.services.release.allow_list import Viewer

ORGANISER = Viewer(is_organiser=True)
OPEN = {"truth_access": TruthAccess.PUBLIC, "release": Release.OPEN}


def scored(world: World, member: Member, stages: tuple[str, ...] = ONE_OFF) -> str:
    public_id = world.submit(member, stages_csv(stages)).public_id
    world.work()
    return public_id


def evaluation(world: World) -> Evaluation:
    with world.sessions() as session:
        return session.scalars(select(Evaluation)).one()


def test_the_service_stores_the_bytes_that_scoring_offline_gives(
    world: World, tmp_path: Path
) -> None:
    scored(world, world.member())
    upload = tmp_path / "stages.csv"
    upload.write_bytes(stages_csv(ONE_OFF))

    offline = evaluate(Kind.STAGING, upload, world.truth, StagingParameters(), n_resamples=10_000)

    row = evaluation(world)
    assert row.result == canonical_json(offline.to_json())
    assert offline.replicates is not None
    assert row.replicates_sha256 is not None
    with world.storage.local_path(row.replicates_sha256) as path:
        assert path.read_bytes() == replicates_to_npz(offline.replicates)
        assert replicates_from_npz(path.read_bytes()).score.size == 10_000


def test_a_phase_names_its_resamples_in_its_scoring(make: Maker) -> None:
    with_intervals = make().phase

    assert with_intervals.n_resamples == 10_000
    assert with_intervals.scoring == scoring_digest(Kind.STAGING, StagingParameters(), 10_000)


def test_a_phase_without_resamples_has_neither_intervals_nor_replicates(make: Maker) -> None:
    world = make(n_resamples=0, **OPEN)
    member = world.member()

    view = world.view(scored(world, member), member.viewer)

    assert world.phase.scoring == scoring_digest(Kind.STAGING, StagingParameters())
    assert (view.score, view.interval) == (0.9286, None)
    assert evaluation(world).replicates_sha256 is None


def test_another_number_of_resamples_is_refused(make: Maker) -> None:
    with pytest.raises(Refused, match="10000 resamples, or from none"):
        make(n_resamples=500)


@pytest.mark.parametrize(
    ("changes", "interval"),
    [
        ({}, (0.67, 1.0)),
        (OPEN, (0.6667, 1.0)),
        ({"release": Release.SEALED}, None),
    ],
)
def test_ends_are_rounded_as_the_score_is(
    make: Maker, changes: dict[str, object], interval: tuple[float, float] | None
) -> None:
    world = make(**changes)
    member = world.member()

    view = world.view(scored(world, member), member.viewer)

    assert view.interval == interval
    with world.sessions() as session:
        (row,) = standings(session, phase_slug="stages", viewer=member.viewer).rows
    assert row.interval == interval
    assert world.view(view.id, ORGANISER).interval is not None


def test_the_sweeper_keeps_replicates_and_deletes_those_without_a_row(world: World) -> None:
    scored(world, world.member())
    kept = evaluation(world).replicates_sha256
    assert kept is not None
    lost = world.storage.put([b"nobody's"], max_bytes=100, expected_bytes=None).sha256
    _age(world, kept, lost)

    with world.sessions() as session:
        deleted = delete_orphan_blobs(session, world.storage)

    assert deleted == 1
    assert world.storage.exists(kept)
    assert not world.storage.exists(lost)
    assert world.violations() == {}


def test_missing_replicates_are_a_violation(world: World) -> None:
    scored(world, world.member())
    sha256 = evaluation(world).replicates_sha256
    assert sha256 is not None

    world.storage.delete(sha256)

    assert world.violations() == {"I11": 1}


def test_phases_of_before_intervals_keep_their_scoring(databases: Databases) -> None:
    with databases() as database, database.engine.begin() as connection:
        default = connection.exec_driver_sql(_DEFAULT[database.name]).scalar()

    assert str(default).strip("'") == "0"


_DEFAULT = {
    "sqlite": "SELECT dflt_value FROM pragma_table_info('phase') WHERE name = 'n_resamples'",
    "postgresql": "SELECT column_default FROM information_schema.columns"
    " WHERE table_name = 'phase' AND column_name = 'n_resamples'",
}


def _age(world: World, *sha256s: str) -> None:
    before = time.time() - ORPHAN_SECONDS - 60
    for sha256 in sha256s:
        with world.storage.local_path(sha256) as path:
            os.utime(path, (before, before))


def test_a_perfect_submission_has_an_interval_too(make: Maker) -> None:
    world = make(**OPEN, opens_at=LONG_AGO)
    member = world.member()

    view = world.view(scored(world, member, PERFECT), member.viewer)

    assert (view.score, view.interval) == (1.0, (1.0, 1.0))
