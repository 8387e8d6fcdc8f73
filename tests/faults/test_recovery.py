"""Checks that each acknowledged submission is scored once, whatever is killed in mid-score."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from tests.faults.arena import GRACE_SECONDS, LEASE_SECONDS, Arena, arena
from webapp.processes.programs import BROKER, WORKER
from webapp.queueing import WORK_TASK

log = logging.getLogger(__name__)

pytestmark = pytest.mark.processes

RECOVERY_SECONDS = LEASE_SECONDS + GRACE_SECONDS
PAUSE_SWITCH = "pause-per-slide=0.5"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(tmp_path_factory.mktemp("arena"), PAUSE_SWITCH) as built:
        yield built


def heatmaps() -> dict[str, str | bytes]:
    """Return a heatmap for each slide at level 5, with a hit on the first."""
    found = np.zeros((256, 256), dtype=np.uint8)
    found[60:64, 60:64] = 255
    nothing = np.zeros_like(found)
    maps = {"test_001": found, "test_002": nothing, "test_003": nothing, "test_004": nothing}
    return {f"{slide}.png": bytes(imagecodecs.png_encode(one)) for slide, one in maps.items()}


def kill_in_mid_score(place: Arena, *programs: str) -> tuple[list[str], float | None]:
    """Submit two files, kill these programs while the first is scored, wait up to the limit."""
    public_ids = [place.hand_in(), place.hand_in()]
    place.wait_for_slide(public_ids[0], 1)
    for program in programs:
        place.kill(program)
    seconds = place.seconds_until_scored(public_ids, RECOVERY_SECONDS)
    log.info("%s killed, lease %s s: scored after %s s", programs, LEASE_SECONDS, seconds)
    return public_ids, seconds


@pytest.mark.parametrize("programs", [(WORKER,), (BROKER,), (WORKER, BROKER)])
def test_what_is_killed_in_mid_score_leaves_every_submission_scored_once(
    place: Arena, programs: tuple[str, ...]
) -> None:
    public_ids, seconds = kill_in_mid_score(place, *programs)

    assert seconds is not None, f"not scored within {RECOVERY_SECONDS} s of the kill"
    place.require_scored_once(public_ids)


@pytest.mark.parametrize("harm", [Arena.kill_children, Arena.terminate])
def test_a_worker_that_loses_its_children_or_is_told_to_stop_leaves_all_scored_once(
    place: Arena, harm: Callable[[Arena, str], None]
) -> None:
    public_ids = [place.hand_in(), place.hand_in()]
    place.wait_for_slide(public_ids[0], 1)

    harm(place, WORKER)

    assert place.seconds_until_scored(public_ids, RECOVERY_SECONDS) is not None
    place.require_scored_once(public_ids)


def test_what_a_killed_worker_decoded_is_kept_until_its_submission_is_scored(
    tmp_path: Path,
) -> None:
    with arena(tmp_path, PAUSE_SWITCH, files=heatmaps()) as place:
        public_id = place.hand_in()
        place.wait_for_slide(public_id, 2)

        place.kill(WORKER)

        assert len(place.decoded()) == 4
        assert place.seconds_until_scored([public_id], RECOVERY_SECONDS) is not None
        place.require_scored_once([public_id])
        assert place.decoded() == []


def test_repeated_late_and_forged_messages_change_nothing(place: Arena) -> None:
    public_id = place.hand_in()
    assert place.seconds_until_scored([public_id], RECOVERY_SECONDS) is not None
    scored = place.item(public_id)

    for _ in range(20):
        place.runtime.celery.send_task(WORK_TASK)
    for arguments in (["1; drop table"], [None], [True], [{"id": scored.id}], [], [1, 2]):
        place.runtime.celery.send_task(WORK_TASK, args=arguments)
    place.runtime.celery.send_task("camelyon.unknown", args=[scored.id])
    next_one = place.hand_in()

    assert place.seconds_until_scored([next_one], RECOVERY_SECONDS) is not None
    place.require_scored_once([public_id, next_one])


def test_with_the_broker_gone_for_good_submissions_are_still_scored_once(place: Arena) -> None:
    place.service.forbid_restart(BROKER)
    place.kill(BROKER)

    public_ids = [place.hand_in(), place.hand_in(), place.hand_in()]

    assert place.seconds_until_scored(public_ids, 2 * RECOVERY_SECONDS) is not None
    place.require_scored_once(public_ids)


def test_on_postgresql_killing_both_leaves_every_submission_scored_once(
    tmp_path: Path, postgres_url: str
) -> None:
    with arena(tmp_path, PAUSE_SWITCH, database_url=postgres_url) as place:
        public_ids, seconds = kill_in_mid_score(place, WORKER, BROKER)

        assert seconds is not None, f"not scored within {RECOVERY_SECONDS} s of the kill"
        place.require_scored_once(public_ids)


def test_without_the_recovery_of_leases_a_killed_worker_loses_the_submission(
    tmp_path: Path,
) -> None:
    with arena(tmp_path, PAUSE_SWITCH, "no-lease-recovery") as unguarded:
        public_ids, seconds = kill_in_mid_score(unguarded, WORKER)

        assert seconds is None
        row = unguarded.evaluation(public_ids[0])
        assert row is not None
        assert row.state == "running"
