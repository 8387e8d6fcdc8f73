"""Serves pages in states that a demonstration never shows, from rows added by hand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort
from playwright.sync_api import Page
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from ground_truth.types import Kind
from ground_truth.versions.version import case_list
from tests.webapp.people import PASSWORD, TRUTH_VERSION, World
from webapp.database.models import (
    Evaluation,
    EvaluationState,
    Release,
    Submission,
    SubmissionState,
    Team,
    TruthAccess,
    Upload,
    UploadState,
)
from webapp.services.people.teams import team_of
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseSpec, PhaseView
from webapp.services.records.identifiers import new_public_id

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
ERRORS = (400, 403, 413, 429, 500)
LONG_TEAM = "Computational Pathology Group of the"
LONG_METHOD = (
    "Multi-resolution ensemble of convolutional and transformer encoders with test-time "
    "augmentation, stage 2"
)
N_CROWD = 30
N_LISTED = 100
"""With those of all states three pages of a list."""


_OPEN: dict[str, Any] = {
    "truth_access": TruthAccess.PUBLIC,
    "release": Release.OPEN,
    "after_close": Release.OPEN,
}
_PHASES: dict[str, dict[str, Any]] = {
    "closed": {"closes_at": NOW - DAY, **_OPEN},
    "upcoming": {"opens_at": NOW + DAY, "closes_at": NOW + 8 * DAY, **_OPEN},
    "empty": {"closes_at": NOW + DAY, "quota_window_days": 7, **_OPEN},
    "crowded": _OPEN,
    "spent": {"quota_limit": 0, "quota_window_days": 7, **_OPEN},
}
_STATES: dict[str, tuple[SubmissionState, EvaluationState | None]] = {
    "received": (SubmissionState.RECEIVED, None),
    "validating": (SubmissionState.VALIDATING, None),
    "queued": (SubmissionState.ACCEPTED, EvaluationState.QUEUED),
    "running": (SubmissionState.ACCEPTED, EvaluationState.RUNNING),
    "failed": (SubmissionState.ACCEPTED, EvaluationState.FAILED),
    "rejected": (SubmissionState.REJECTED, None),
    "quarantined": (SubmissionState.QUARANTINED, None),
    "withdrawn": (SubmissionState.WITHDRAWN, None),
}
_PROBLEMS = [
    {
        "code": "confidence_out_of_range",
        "detail": f"confidence is '1.{line}'; it must lie in [0, 1].",
        "file": "a_folder_with_a_long_name/test_001_with_a_rather_long_name.csv",
        "line": line,
    }
    for line in range(2, 102)
]
_REPORTS: dict[str, dict[str, Any]] = {
    "check-many-problems": {
        "problems": _PROBLEMS,
        "counts": {"confidence_out_of_range": 4711, "missing_slide": 3},
    },
    "check-warnings": {
        "problems": [],
        "warnings": [
            {
                "code": "few_confidences",
                "detail": "Only 3 different confidences: the curve has few operating points.",
                "file": "",
                "line": None,
            }
        ],
        "notices": [
            {
                "code": "unknown_column",
                "detail": "Column 'note' is ignored.",
                "file": "s.csv",
                "line": 1,
            }
        ],
    },
    "check-clean": {"problems": []},
}


@dataclass(frozen=True, slots=True)
class Served:
    """A small running service, and the address of every state by its name."""

    url: str
    public: dict[str, str]
    own: dict[str, str]


@contextmanager
def served(world: World) -> Iterator[Served]:
    """Add all states to a service, and serve it from a thread until the block is left."""
    world.app.add_url_rule("/faults/<int:status>", view_func=_fault)
    with world.runtime.session() as session:
        phases = _add_phases(world, session)
        own = _add_uploads(world, session, phases) | _add_submissions(world, session, phases)
        _crowd(world, session, phases["crowded"])
        session.commit()
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.port}", _public(), own)
    finally:
        server.shutdown()
        thread.join()


def public_states(page: Page, served: Served) -> Iterator[str]:
    """Go from state to state as a stranger; yield each one's name."""
    for name, path in served.public.items():
        page.goto(path)
        yield name


def own_states(page: Page, served: Served) -> Iterator[str]:
    """Go from state to state as the captain of a team; yield each one's name."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill("alice@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for name, path in served.own.items():
        page.goto(path)
        yield name


def _fault(status: int) -> str:
    abort(status)


def _public() -> dict[str, str]:
    boards = ("closed", "upcoming", "empty", "crowded", "sealed")
    return {
        **{f"phase-{slug}": f"/phases/{slug}" for slug in _PHASES},
        **{f"board-{slug}": f"/phases/{slug}/leaderboard" for slug in boards},
        **{f"error-{status}": f"/faults/{status}" for status in ERRORS},
    }


def _add_phases(world: World, session: Session) -> dict[str, PhaseView]:
    for slug, options in _PHASES.items():
        spec: dict[str, Any] = {
            "challenge_slug": "tiny",
            "slug": slug,
            "name": slug.capitalize(),
            "kind": Kind.SLIDES,
            "opens_at": NOW - 9 * DAY,
            "summary": "A phase in a state that people meet at night.",
        }
        challenges.add_phase(session, PhaseSpec(**(spec | options)), case_list(world.truth))
    return {view.slug: view for view in challenges.list_phases(session)}


def _add_uploads(world: World, session: Session, phases: dict[str, PhaseView]) -> dict[str, str]:
    reports: dict[str, Any] = {
        "check-waiting": None,
        **_REPORTS,
        "check-spent": _REPORTS["check-clean"],
        "check-expired": None,
    }
    own = {"new-closed": "/phases/closed/submit", "new-spent": "/phases/spent/submit"}
    for name, report in reports.items():
        slug = "spent" if name == "check-spent" else "slides"
        state = UploadState.COMPLETE if report is None else UploadState.CHECKED
        row = _upload(world, phases[slug], name, report)
        row.state = UploadState.EXPIRED if name == "check-expired" else state
        session.add(row)
        own[name] = f"/uploads/{row.public_id}"
    return own


def _upload(world: World, phase: PhaseView, name: str, report: object) -> Upload:
    return Upload(
        public_id=new_public_id("upl"),
        team_id=_alpha(world),
        user_id=world.users["alice"].id,
        phase_id=phase.id,
        filename=f"{name}.csv",
        sha256="0" * 64,
        size=1_234_567,
        report=report,
    )


def _add_submissions(
    world: World, session: Session, phases: dict[str, PhaseView]
) -> dict[str, str]:
    own = {}
    for number in range(N_LISTED):
        row = _submission(
            world, phases["private"], _alpha(world), SubmissionState.RECEIVED, f"Older {number}"
        )
        session.add(row)
    for name, (state, evaluated) in _STATES.items():
        row = _submission(world, phases["slides"], _alpha(world), state, f"Method {name}")
        row.report = _REPORTS["check-many-problems"] if name == "rejected" else None
        session.add(row)
        session.flush()
        if evaluated is not None:
            evaluation = _evaluation(row, phases["slides"], evaluated)
            evaluation.slides_done, evaluation.slides_total = 37, 129
            evaluation.failure_code = "scoring_timeout" if name == "failed" else None
            session.add(evaluation)
        own[f"submission-{name}"] = f"/submissions/{row.public_id}"
    undefined = _submission(
        world, phases["hidden"], _alpha(world), SubmissionState.ACCEPTED, "Method undefined"
    )
    session.add(undefined)
    session.flush()
    session.add(_evaluation(undefined, phases["hidden"], EvaluationState.SCORED))
    return own | {
        "submission-undefined": f"/submissions/{undefined.public_id}",
        "submissions-of-all-states": "/submissions",
        "submissions-middle-page": "/submissions?page=2",
        "submissions-last-page": "/submissions?page=3",
        "board-crowded-own": "/phases/crowded/leaderboard",
        "board-hidden-own": "/phases/hidden/leaderboard",
    }


def _crowd(world: World, session: Session, phase: PhaseView) -> None:
    """Fill a board: long names, ties, one row without a score, the own team among them."""
    for number in range(N_CROWD):
        team_id = _alpha(world) if number == 3 else _team(session, f"{LONG_TEAM} {number}")
        row = _submission(world, phase, team_id, SubmissionState.ACCEPTED, LONG_METHOD)
        row.submitted_at = NOW - DAY + number * timedelta(minutes=1)
        session.add(row)
        session.flush()
        evaluation = _evaluation(row, phase, EvaluationState.SCORED)
        score = round(0.95 - 0.02 * (number // 3), 4)
        if number < N_CROWD - 1:
            evaluation.score = score
            evaluation.interval_low, evaluation.interval_high = score - 0.1, min(1.0, score + 0.06)
        session.add(evaluation)


def _team(session: Session, name: str) -> int:
    key = new_public_id("team")
    team = Team(public_id=key, name=name[:40], name_skeleton=key, join_code=key)
    session.add(team)
    session.flush()
    return team.id


def _submission(
    world: World, phase: PhaseView, team_id: int, state: SubmissionState, method: str
) -> Submission:
    return Submission(
        public_id=new_public_id("sub"),
        phase_id=phase.id,
        team_id=team_id,
        user_id=world.users["alice"].id,
        filename="a_file_with_quite_a_long_name_for_a_telephone_2026-11-26.csv",
        sha256="0" * 64,
        size=1000,
        method=method[:120],
        description="Trained on the training slides alone.\nNo extra annotation.",
        link="https://example.org/a/long/address/of/a/paper/that/has/to/break/somewhere",
        state=state,
    )


def _evaluation(row: Submission, phase: PhaseView, state: EvaluationState) -> Evaluation:
    return Evaluation(
        submission_id=row.id,
        scoring=phase.scoring,
        truth_version=TRUTH_VERSION,
        state=state,
        result="{}" if state is EvaluationState.SCORED else None,
    )


def _alpha(world: World) -> int:
    with world.runtime.reading() as session:
        team = team_of(session, world.users["alice"].id)
    assert team is not None
    return team.id
