"""Checks that lost work on heatmaps is continued, and that nothing is left behind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluator.decoding import decode
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.version import case_list
from tests.builders import zip_file
from tests.evaluator.hostile_images import png
from tests.evaluator.makers import mask, slide, truth
from tests.webapp.world import LONG_AGO, POLICY, Maker, World
from webapp.services.phases.challenges import PhaseSpec, add_phase
from webapp.services.work.checking import validate_submission
from webapp.services.work.context import Outcome, WorkContext
from webapp.services.work.decoder_answers import DecoderAnswers, forget_old_answers
from webapp.services.work.evaluations import evaluate_submission
from webapp.services.work.leases import LeaseKeeper, LeaseLost
from webapp.services.work.queue import WorkItem, claim

SIZE = (1600, 3200)
N_SLIDES = 3


def lesion_truth() -> GroundTruth:
    lesion = mask([[1, 1], [1, 1]], x0=10, y0=20)
    slides = [slide(f"test_00{number}", lesion, size=SIZE) for number in range(N_SLIDES)]
    return replace(truth(slides), version="ba9876543210")


def heatmaps(place: Path) -> bytes:
    files: dict[str, bytes | str] = {}
    for number in range(N_SLIDES):
        values = np.zeros((50, 25), dtype=np.uint8)
        values[10, 5] = 255 - number
        files[f"test_00{number}.png"] = png(values)
    return zip_file(place / "maps.zip", files).read_bytes()


@pytest.fixture
def lesions(make: Maker) -> World:
    """Return a world whose phase takes heatmaps of three slides."""
    world, reference = make(), lesion_truth()
    with world.sessions() as session:
        spec = PhaseSpec(
            challenge_slug="camelyon17",
            slug="lesions",
            name="Lesions",
            kind=Kind.LESIONS,
            opens_at=LONG_AGO,
        )
        phase = add_phase(session, spec, case_list(reference))
    return replace(world, truth=reference, phase=phase)


def kept(world: World) -> list[int]:
    return [row[0] for row in world.execute("SELECT id FROM decoder_answer ORDER BY id")]


class LosingKeeper(LeaseKeeper):
    """Loses its lease after this many slides, as when another worker has taken it."""

    slides_left = 2

    def require_lease(self) -> None:
        """Raise after this many calls."""
        self.slides_left -= 1
        if self.slides_left <= 0:
            raise LeaseLost


def work_and_lose(
    world: World, item: WorkItem, step: Callable[[WorkContext], Outcome | None], n_slides: int
) -> None:
    """Claim an item, lose it after this many slides, and let the lease run out."""
    with world.sessions() as session:
        claimed = claim(session, item, POLICY)
    assert claimed is not None
    keeper = LosingKeeper(world.sessions, claimed, POLICY)
    keeper.slides_left = n_slides
    with pytest.raises(LeaseLost):
        step(WorkContext(world.sessions, world.storage, world.load_truth, POLICY, claimed, keeper))
    for table in ("submission", "evaluation"):
        world.execute(
            f"UPDATE {table} SET lease_expires_at = '2020-01-01 00:00:00.000000'"  # noqa: S608
            " WHERE lease_expires_at IS NOT NULL"
        )


def test_the_next_attempt_decodes_only_what_is_left(lesions: World, tmp_path: Path) -> None:
    member = lesions.member()
    public_id = lesions.submit(member, heatmaps(tmp_path)).public_id
    (validation,) = lesions.waiting()

    work_and_lose(lesions, validation, validate_submission, 2)
    before = kept(lesions)
    assert len(before) == 2
    done = lesions.run(validation)

    assert done is not None
    after = kept(lesions)
    assert after[:2] == before
    assert len(after) == N_SLIDES
    lesions.work()
    assert lesions.view(public_id, member.viewer).state == "scored"
    assert kept(lesions) == []
    assert lesions.violations() == {}


def test_a_refused_file_leaves_no_answers(lesions: World, tmp_path: Path) -> None:
    member = lesions.member()
    path = zip_file(
        tmp_path / "maps.zip",
        {"test_000.png": png(np.zeros((50, 25), dtype=np.uint8)), "test_001.png": b"no picture"},
    )

    public_id = lesions.submit(member, path.read_bytes()).public_id
    lesions.work()

    assert lesions.view(public_id, member.viewer).state == "rejected"
    assert kept(lesions) == []


def test_an_answer_is_kept_once_and_for_its_own_file_only(world: World) -> None:
    first, second = (
        DecoderAnswers(world.sessions, "a" * 64),
        DecoderAnswers(world.sessions, "b" * 64),
    )

    first.keep("k" * 64, b"one\n")
    first.keep("k" * 64, b"two\n")

    assert first.find("k" * 64) == b"one\n"
    assert second.find("k" * 64) is None
    assert len(kept(world)) == 1


def test_answers_that_nothing_came_back_for_are_forgotten_after_a_day(world: World) -> None:
    answers = DecoderAnswers(world.sessions, "a" * 64)
    answers.keep("k" * 64, b"old\n")
    world.execute("UPDATE decoder_answer SET created_at = '2020-01-01 00:00:00.000000'")
    answers.keep("n" * 64, b"new\n")

    with world.sessions() as session:
        n_deleted = forget_old_answers(session)

    assert n_deleted == 1
    assert answers.find("n" * 64) == b"new\n"


def test_an_evaluation_tells_its_progress_while_it_reads(lesions: World, tmp_path: Path) -> None:
    member = lesions.member()
    public_id = lesions.submit(member, heatmaps(tmp_path)).public_id
    (validation,) = lesions.waiting()
    done = lesions.run(validation)
    assert done is not None

    work_and_lose(lesions, done.follow_up[0], evaluate_submission, 2)

    view = lesions.view(public_id, member.viewer)
    assert view.progress is not None
    assert (view.state, view.progress.done, view.progress.total) == ("running", 1, 3)
    lesions.work()
    assert lesions.view(public_id, member.viewer).state == "scored"


def test_what_the_decoder_can_no_longer_read_fails_by_code_with_a_limited_refund(
    lesions: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = lesions.member()
    public_id = lesions.submit(member, heatmaps(tmp_path)).public_id
    (validation,) = lesions.waiting()
    lesions.run(validation)
    lesions.execute("DELETE FROM decoder_answer")
    monkeypatch.setattr(decode, "SECONDS_A_SUBMISSION", 0.0)

    lesions.work()

    view = lesions.view(public_id, member.viewer)
    assert (view.state, view.failure_code) == ("failed", "submission_invalid")
    assert view.refunded
    assert lesions.execute("SELECT reason FROM quota_entry WHERE kind = 'refund'") == [
        ("limit:the evaluation failed: submission_invalid",)
    ]
