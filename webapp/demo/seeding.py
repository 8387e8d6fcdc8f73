"""Submits the invented teams' files and waits until the workers have scored them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ground_truth.types import Kind
from webapp.database.engine import read_clock
from webapp.demo.credentials import DemoError
from webapp.demo.people import Captain
from webapp.demo.submissions.lesion_detections import lesion_zip
from webapp.demo.submissions.tables import slides_csv, stages_csv
from webapp.demo.teams import Skill
from webapp.demo.truths import SEED, DemoTruths
from webapp.runtime import Runtime
from webapp.services.phases.method_cards import MethodCard
from webapp.services.release.allow_list import Viewer
from webapp.services.submissions import decisions, submissions
from webapp.services.submissions.submissions import AcceptRequest
from webapp.tasks import announce

FILE_NAMES = {
    Kind.LESIONS: "lesions.zip",
    Kind.SLIDES: "slides.csv",
    Kind.STAGING: "stages.csv",
}
_WRITERS = {Kind.LESIONS: lesion_zip, Kind.SLIDES: slides_csv, Kind.STAGING: stages_csv}

_LONGEST_WAIT_SECONDS = 600.0
_POLL_SECONDS = 0.5
_UNFINISHED_STATES = frozenset({"received", "validating", "queued", "running"})


@dataclass(frozen=True, slots=True)
class _Attempt:
    captain: Captain
    kind: Kind
    number: int


def submission_file(truths: DemoTruths, kind: Kind, skill: Skill, seed: int) -> bytes:
    """Return the file that a method of some skill submits; equal arguments give equal bytes."""
    return _WRITERS[kind](truths, skill, seed)


def seed_submissions(
    runtime: Runtime, truths: DemoTruths, captains: list[Captain], organiser_id: int
) -> list[str]:
    """Submit every team's files, weak attempts first; return the submissions' public ids.

    Each carries an Idempotency-Key, so that seeding again makes nothing twice.
    """
    public_ids = []
    for attempt in _attempts(captains):
        public_id = _submit(runtime, truths, attempt)
        if attempt.captain.team.is_baseline:
            _mark_baseline(runtime, public_id, organiser_id)
        public_ids.append(public_id)
    announce(runtime)
    return public_ids


def wait_until_scored(
    runtime: Runtime, public_ids: list[str], report_progress: Callable[[int, int], None]
) -> None:
    """Wait until all are scored; report how many are, and of how many.

    Raises
    ------
    DemoError
        When a submission ends without a score, or not all are scored within ten minutes.
    """
    deadline, n_reported = time.monotonic() + _LONGEST_WAIT_SECONDS, -1
    while True:
        states = _states(runtime, public_ids)
        ended = [state for state in states if state not in _UNFINISHED_STATES]
        if others := {state for state in ended if state != "scored"}:
            raise DemoError(f"a submission of the demonstration ended as {', '.join(others)}")
        if len(ended) != n_reported:
            n_reported = len(ended)
            report_progress(n_reported, len(states))
        if len(ended) == len(states):
            return
        if time.monotonic() > deadline:
            raise DemoError("the workers score nothing; see the logs in the home")
        time.sleep(_POLL_SECONDS)


def _attempts(captains: list[Captain]) -> Iterator[_Attempt]:
    for kind in Kind:
        for captain in captains:
            for number in range(1, captain.team.attempts + 1):
                yield _Attempt(captain, kind, number)


def _submit(runtime: Runtime, truths: DemoTruths, attempt: _Attempt) -> str:
    captain, kind, number = attempt.captain, attempt.kind, attempt.number
    # One seed a team, so that later methods find what earlier ones found, and more.
    seed = 1_000 * SEED + captain.number
    content = submission_file(truths, kind, captain.team.skill_at(number), seed)
    with runtime.reading() as session:
        now = read_clock(session)
    request = AcceptRequest(
        user_id=captain.user_id,
        team_id=captain.team_id,
        phase_slug=kind.value,
        filename=FILE_NAMES[kind],
        chunks=(content,),
        expected_bytes=len(content),
        max_bytes=len(content),
        card=MethodCard(_method(captain, number), captain.team.description),
        idempotency_key=f"demonstration-{kind.value}-{captain.number}-{number}",
        arrived_at=now,
    )
    return submissions.accept(runtime.sessions, runtime.storage, request).public_id


def _method(captain: Captain, number: int) -> str:
    team = captain.team
    return team.method if team.attempts == 1 else f"{team.method}, version {number}"


def _mark_baseline(runtime: Runtime, public_id: str, organiser_id: int) -> None:
    with runtime.session() as session:
        decisions.set_flags(session, public_id=public_id, user_id=organiser_id, baseline=True)


def _states(runtime: Runtime, public_ids: list[str]) -> list[str]:
    viewer = Viewer(is_organiser=True)
    with runtime.reading() as session:
        views = submissions.list_submissions(session, viewer=viewer)
    return [view.state for view in views if view.id in set(public_ids)]
