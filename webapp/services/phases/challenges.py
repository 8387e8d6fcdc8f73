"""Adds and describes challenges and phases: what is asked, when, and what is shown of it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluator.metrics.resampling import RESAMPLES
from evaluator.results import parameters_from_json, parameters_to_json, scoring_digest
from ground_truth.reference import CaseList
from ground_truth.types import Kind
from webapp.database.engine import database_now
from webapp.database.models import (
    DEFAULT_GRACE_SECONDS,
    DEFAULT_QUOTA_LIMIT,
    CaseListRow,
    Challenge,
    Phase,
    Release,
    Selection,
    TruthAccess,
)
from webapp.errors import RefusalCode, Refused
from webapp.services.phases.method_cards import clean_text
from webapp.services.phases.window import (
    PhaseState,
    is_truth_public_at,
    phase_state,
    release_at,
)

SLUG_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
NAME_LENGTH = 120
SUMMARY_LENGTH = 5000


@dataclass(frozen=True, slots=True)
class PhaseSpec:
    """A new phase as an organiser describes it; without parameters it has the kind's defaults."""

    challenge_slug: str
    slug: str
    name: str
    kind: Kind
    opens_at: datetime
    closes_at: datetime | None = None
    summary: str = ""
    parameters: dict[str, Any] | None = None
    grace_seconds: int = DEFAULT_GRACE_SECONDS
    quota_limit: int = DEFAULT_QUOTA_LIMIT
    quota_window_days: int | None = None
    selection: Selection = Selection.BEST
    truth_access: TruthAccess = TruthAccess.HIDDEN
    release: Release = Release.AGGREGATE
    after_close: Release = Release.AGGREGATE
    is_board_public: bool = True
    n_resamples: int = RESAMPLES


@dataclass(frozen=True, slots=True)
class PhaseView:
    """A phase as everybody may know it.

    ``release_now`` is the release at this moment; never `open` while the truth is hidden.
    """

    id: int
    challenge_slug: str
    challenge_name: str
    challenge_summary: str
    slug: str
    name: str
    summary: str
    kind: Kind
    opens_at: datetime
    closes_at: datetime | None
    grace_seconds: int
    quota_limit: int
    quota_window_days: int | None
    selection: Selection
    truth_access: TruthAccess
    release: Release
    after_close: Release
    is_board_public: bool
    parameters: dict[str, Any]
    n_resamples: int
    scoring: str
    truth_version: str
    created_at: datetime
    state: PhaseState
    is_truth_public: bool
    release_now: Release


def add_challenge(session: Session, *, slug: str, name: str, summary: str = "") -> int:
    """Add a challenge and return its id; refuse a slug that is taken."""
    _check_slug(slug)
    if session.scalar(select(Challenge.id).where(Challenge.slug == slug)) is not None:
        raise Refused(RefusalCode.INVALID_FIELD, "This slug is taken.", field="slug")
    challenge = Challenge(
        slug=slug,
        name=clean_text(name, "name", NAME_LENGTH),
        summary=clean_text(summary, "summary", SUMMARY_LENGTH, lines=True),
    )
    session.add(challenge)
    session.commit()
    return challenge.id


def add_phase(session: Session, spec: PhaseSpec, cases: CaseList) -> PhaseView:
    """Add a phase, with its (scoring, truth version) pair and its case list."""
    _check_spec(spec)
    challenge_id = session.scalar(select(Challenge.id).where(Challenge.slug == spec.challenge_slug))
    if challenge_id is None:
        raise Refused(RefusalCode.NOT_FOUND, "There is no such challenge.", field="challenge_slug")
    if session.scalar(select(Phase.id).where(Phase.slug == spec.slug)) is not None:
        raise Refused(RefusalCode.INVALID_FIELD, "This slug is taken.", field="slug")
    session.add(_phase_row(spec, challenge_id, cases, _store_case_list(session, cases)))
    session.commit()
    return phase(session, spec.slug)


def list_phases(session: Session) -> list[PhaseView]:
    """Return all phases by challenge, each challenge's in the order in which they open."""
    rows = session.execute(
        select(Phase, Challenge, database_now())
        .join(Challenge)
        .order_by(Challenge.id, Phase.opens_at, Phase.id)
    )
    return [describe_phase(row[0], row[1], row[2]) for row in rows]


def phase(session: Session, slug: str) -> PhaseView:
    """Return a phase by its slug."""
    row = session.execute(
        select(Phase, Challenge, database_now()).join(Challenge).where(Phase.slug == slug)
    ).one_or_none()
    if row is None:
        raise Refused(RefusalCode.UNKNOWN_PHASE, "There is no such phase.", field="phase")
    return describe_phase(row[0], row[1], row[2])


def case_list(session: Session, slug: str) -> dict[str, Any]:
    """Return the whole public case list of a phase's truth, as `camelyon truth cases` prints it."""
    row = session.scalar(select(CaseListRow).join(Phase).where(Phase.slug == slug))
    if row is None:
        raise Refused(RefusalCode.UNKNOWN_PHASE, "There is no such phase.", field="phase")
    return row.body


def describe_phase(row: Phase, challenge: Challenge, now: datetime) -> PhaseView:
    """Return the view of a phase's rows at a moment of the database's clock."""
    state = phase_state(row, now)
    is_public = is_truth_public_at(row, state)
    return PhaseView(
        id=row.id,
        challenge_slug=challenge.slug,
        challenge_name=challenge.name,
        challenge_summary=challenge.summary,
        slug=row.slug,
        name=row.name,
        summary=row.summary,
        kind=row.kind,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        grace_seconds=row.grace_seconds,
        quota_limit=row.quota_limit,
        quota_window_days=row.quota_window_days,
        selection=row.selection,
        truth_access=row.truth_access,
        release=row.release,
        after_close=row.after_close,
        is_board_public=row.is_board_public,
        parameters=row.parameters,
        n_resamples=row.n_resamples,
        scoring=row.scoring,
        truth_version=row.truth_version,
        created_at=row.created_at,
        state=state,
        is_truth_public=is_public,
        release_now=release_at(row, state, is_truth_public=is_public),
    )


def _check_slug(slug: str) -> None:
    if not SLUG_PATTERN.fullmatch(slug):
        raise Refused(
            RefusalCode.INVALID_FIELD,
            "A slug is up to 40 lower-case letters, digits and inner dashes.",
            field="slug",
        )


def _check_spec(spec: PhaseSpec) -> None:
    _check_slug(spec.slug)
    if spec.closes_at is not None and spec.closes_at <= spec.opens_at:
        raise Refused(
            RefusalCode.INVALID_FIELD, "A phase closes after it opens.", field="closes_at"
        )
    if spec.quota_limit < 0 or spec.grace_seconds < 0 or (spec.quota_window_days or 1) < 1:
        raise Refused(
            RefusalCode.INVALID_FIELD, "Quota, window and grace cannot be negative.", field="quota"
        )
    if spec.n_resamples not in {0, RESAMPLES}:
        raise Refused(
            RefusalCode.INVALID_FIELD,
            f"Intervals are drawn from {RESAMPLES} resamples, or from none.",
            field="n_resamples",
        )
    _check_release(spec)
    _check_ladder(spec)


def _check_release(spec: PhaseSpec) -> None:
    if spec.release is Release.OPEN and spec.truth_access is not TruthAccess.PUBLIC:
        raise Refused(
            RefusalCode.INVALID_FIELD,
            "The release is open only while the truth is public.",
            field="release",
        )
    if spec.after_close is Release.OPEN and spec.truth_access is TruthAccess.HIDDEN:
        raise Refused(
            RefusalCode.INVALID_FIELD,
            "The release after the close is open only when the truth is then public.",
            field="after_close",
        )


def _check_ladder(spec: PhaseSpec) -> None:
    """Refuse a ladder where the truth is public: everybody can compute the withheld scores."""
    public = {"release": {TruthAccess.PUBLIC}, "after_close": set(TruthAccess)}
    public["after_close"].discard(TruthAccess.HIDDEN)
    for name, release in (("release", spec.release), ("after_close", spec.after_close)):
        if release is Release.LADDER and spec.truth_access in public[name]:
            raise Refused(
                RefusalCode.INVALID_FIELD,
                "The release is a ladder only while the truth is hidden.",
                field=name,
            )


def _store_case_list(session: Session, cases: CaseList) -> int:
    row = session.scalar(
        select(CaseListRow).where(CaseListRow.truth_version == cases.truth_version)
    )
    if row is None:
        row = CaseListRow(truth_version=cases.truth_version, body=cases.to_json())
        session.add(row)
        session.flush()
    elif row.body != cases.to_json():
        raise Refused(
            RefusalCode.CASE_LIST_CHANGED,
            "Another case list is known for this truth version.",
            field="cases",
        )
    return row.id


def _phase_row(spec: PhaseSpec, challenge_id: int, cases: CaseList, case_list_id: int) -> Phase:
    try:
        parameters = parameters_from_json(spec.kind, spec.parameters or {})
    except ValueError as error:
        raise Refused(RefusalCode.INVALID_FIELD, str(error), field="parameters") from error
    return Phase(
        challenge_id=challenge_id,
        slug=spec.slug,
        name=clean_text(spec.name, "name", NAME_LENGTH),
        summary=clean_text(spec.summary, "summary", SUMMARY_LENGTH, lines=True),
        kind=spec.kind,
        opens_at=spec.opens_at,
        closes_at=spec.closes_at,
        grace_seconds=spec.grace_seconds,
        quota_limit=spec.quota_limit,
        quota_window_days=spec.quota_window_days,
        selection=spec.selection,
        truth_access=spec.truth_access,
        release=spec.release,
        after_close=spec.after_close,
        is_board_public=spec.is_board_public,
        parameters=parameters_to_json(parameters),
        n_resamples=spec.n_resamples,
        scoring=scoring_digest(spec.kind, parameters, spec.n_resamples),
        truth_version=cases.truth_version,
        case_list_id=case_list_id,
    )
