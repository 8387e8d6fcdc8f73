"""Adds the demonstration's challenge: one phase of each kind, truth public, everything shown."""

from datetime import datetime

from sqlalchemy.orm import Session

from ground_truth.types import GroundTruth, Kind
from ground_truth.versions import case_list
from webapp.database.engine import read_clock
from webapp.database.models import Release, TruthAccess
from webapp.demo.truths import DemoTruths
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseSpec

CHALLENGE_SLUG = "demonstration"
QUOTA_LIMIT = 20
"""Enough for a visitor to try the service out all day."""

_SYNTHETIC_DATA_TEXT = (
    "Slides, lesions, patients and teams are synthetic, drawn by a program to show the service at "
    "work."
)
_REAL_DATA_TEXT = (
    "The reference standard is CAMELYON's own (CC0); teams and submissions are invented to show "
    "the service at work."
)
_NAMES = {
    Kind.LESIONS: "Lesion localisation",
    Kind.SLIDES: "Slide classification",
    Kind.STAGING: "Patient staging",
}
_SUMMARIES = {
    Kind.LESIONS: (
        "Find every metastasis: a zip with one CSV of confidence, x and y a slide. Ranked by the "
        "FROC score of CAMELYON16."
    ),
    Kind.SLIDES: (
        "Tell slides with metastasis from normal ones: one CSV of slide and probability. Ranked "
        "by the area under the ROC curve."
    ),
    Kind.STAGING: (
        "Give each patient's pN stage: one CSV of patient and stage. Ranked by the "
        "quadratic-weighted kappa of CAMELYON17."
    ),
}


def add_phases(session: Session, truths: DemoTruths, *, is_synthetic: bool) -> None:
    """Add the challenge and its phases if they are missing."""
    data_text = _SYNTHETIC_DATA_TEXT if is_synthetic else _REAL_DATA_TEXT
    if CHALLENGE_SLUG not in {phase.challenge_slug for phase in challenges.list_phases(session)}:
        challenges.add_challenge(
            session,
            slug=CHALLENGE_SLUG,
            name="Demonstration challenge",
            summary=data_text,
        )
    known = {phase.slug for phase in challenges.list_phases(session)}
    opens_at = read_clock(session)
    for kind in Kind:
        if kind.value not in known:
            truth = truth_of(truths, kind)
            challenges.add_phase(session, _spec(kind, opens_at, data_text), case_list(truth))


def truth_of(truths: DemoTruths, kind: Kind) -> GroundTruth:
    """Return the truth that a kind is scored against."""
    return truths.camelyon17 if kind is Kind.STAGING else truths.camelyon16


def _spec(kind: Kind, opens_at: datetime, data_text: str) -> PhaseSpec:
    return PhaseSpec(
        challenge_slug=CHALLENGE_SLUG,
        slug=kind.value,
        name=_NAMES[kind],
        summary=f"{_SUMMARIES[kind]} {data_text}",
        kind=kind,
        opens_at=opens_at,
        quota_limit=QUOTA_LIMIT,
        truth_access=TruthAccess.PUBLIC,
        release=Release.OPEN,
        after_close=Release.OPEN,
        is_board_public=True,
    )
