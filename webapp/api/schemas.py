"""Declares the API's answers as pydantic models: the source of its OpenAPI description."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ground_truth.types import Kind
from webapp.database.models import Release, Selection, TruthAccess
from webapp.services.phases.window import PhaseState

SubmissionWord = Literal[
    "received",
    "validating",
    "queued",
    "running",
    "scored",
    "rejected",
    "failed",
    "quarantined",
    "withdrawn",
]
Badge = Literal["baseline", "organisers", "disqualified", "hidden"]


class Schema(BaseModel):
    """Read from the services' records by attribute."""

    model_config = ConfigDict(from_attributes=True)


class ErrorOut(Schema):
    """One thing that is wrong."""

    code: str
    detail: str
    file: str | None
    line: int | None
    pointer: str | None


class ProblemOut(Schema):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None
    errors: list[ErrorOut]


class PhaseOut(Schema):
    """A phase: what is asked, from when to when, and what is shown."""

    challenge: str
    slug: str
    name: str
    summary: str
    kind: Kind
    state: PhaseState = Field(description="on the database's clock")
    opens_at: datetime
    closes_at: datetime | None
    grace_seconds: int
    quota_limit: int
    quota_window_days: int | None
    selection: Selection
    truth_access: TruthAccess
    is_truth_public: bool
    release: Release
    is_board_public: bool
    parameters: dict[str, Any]
    n_resamples: int = Field(description="that intervals are drawn from; 0: no intervals")
    scoring: str
    truth_version: str


class PhasesOut(Schema):
    """A part of the list of phases."""

    items: list[PhaseOut]
    next_cursor: str | None


class SlideOut(Schema):
    """A slide as participants may know it."""

    slide: str
    width: int | None
    height: int | None
    spacing_um: float | None
    kinds: list[Kind]


class PatientOut(Schema):
    """A patient and its nodes."""

    patient: str
    nodes: list[str]


class CasesOut(Schema):
    """The public case list: what a submission must cover."""

    truth_version: str
    layout: str
    slides: list[SlideOut]
    patients: list[PatientOut]


class BoardRowOut(Schema):
    """A row of the leaderboard; without a rank where there is none."""

    rank: int | None
    rank_set: list[int] | None = Field(
        description="best and worst rank, simultaneous 95 % confidence sets; null until computed"
    )
    team: str
    method: str
    score: float | None
    interval: list[float] | None = Field(
        description="ends of the 95 % interval; of the best of several attempts chosen anew"
    )
    submission: str
    submitted_at: datetime
    attempts: int
    badges: list[Badge]


class BoardOut(Schema):
    """A part of a leaderboard."""

    phase: str
    scoring: str
    truth_version: str
    truth_is_public: bool
    decimals: int | None
    rule: str
    items: list[BoardRowOut]
    next_cursor: str | None


class ProgressOut(Schema):
    """How much of the work is done."""

    done: int
    total: int


class SubmissionOut(Schema):
    """A submission, as far as the caller may know it."""

    id: str
    phase: str
    team: str
    method: str
    description: str
    link: str
    filename: str
    sha256: str
    state: SubmissionWord
    submitted_at: datetime
    score: float | None
    score_reason: str | None
    interval: list[float] | None
    report: dict[str, Any] | None
    failure_code: str | None
    progress: ProgressOut | None
    result: dict[str, Any] | None
    attempts: int
    badges: list[Badge]
    is_final: bool
    refunded: bool


class SubmissionsOut(Schema):
    """A part of the list of submissions."""

    items: list[SubmissionOut]
    next_cursor: str | None


class AcceptedOut(Schema):
    """A submission that is safe with the service; ask for its state at `location`."""

    id: str
    location: str


class EventOut(Schema):
    """Something that happened to a submission."""

    id: int
    at: datetime
    kind: str
    from_state: str | None
    to_state: str | None


class EventsOut(Schema):
    """A part of a submission's events; pass the last id as `after` to go on."""

    items: list[EventOut]
    next_cursor: str | None


class QuotaOut(Schema):
    """A team's attempts in a phase."""

    phase: str
    limit: int
    granted: int
    used: int
    remaining: int
    window_days: int | None
    next_at: datetime | None


class MeOut(Schema):
    """Who the caller is."""

    name: str
    email: str
    is_organiser: bool
    team: str | None
    team_id: str | None
