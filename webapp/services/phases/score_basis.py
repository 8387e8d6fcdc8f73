"""What the scores of a phase are measured by and on: printed beside every board."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluator.results import PROTOCOLS
from ground_truth.types import Kind
from webapp.database.models import Evaluation, EvaluationState, Submission
from webapp.services.phases.challenges import PhaseView


@dataclass(frozen=True, slots=True)
class ScoreBasis:
    """The rule and the extent of a phase's scores.

    Attributes
    ----------
    protocol : str
        The named rule that makes the score.
    slides, patients : int
        How many the public case list asks for.
    lesions : int or None
        Of the truth: told only while it is public, and once a submission has been scored.
    """

    protocol: str
    slides: int
    patients: int
    lesions: int | None


def basis_of(session: Session, phase: PhaseView, cases: dict[str, Any]) -> ScoreBasis:
    """Return what a phase's scores are measured by and on."""
    return ScoreBasis(
        protocol=PROTOCOLS[phase.kind],
        slides=sum(phase.kind in slide["kinds"] for slide in cases["slides"]),
        patients=len(cases["patients"]),
        lesions=_count_lesions(session, phase),
    )


def _count_lesions(session: Session, phase: PhaseView) -> int | None:
    """Read the number off any result of the phase's pair: the truth itself is not mounted here."""
    if phase.kind is not Kind.LESIONS or not phase.is_truth_public:
        return None
    result = session.scalar(
        select(Evaluation.result)
        .join(Submission, Submission.id == Evaluation.submission_id)
        .where(
            Submission.phase_id == phase.id,
            Evaluation.scoring == phase.scoring,
            Evaluation.truth_version == phase.truth_version,
            Evaluation.state == EvaluationState.SCORED,
        )
        .limit(1)
    )
    return None if result is None else int(json.loads(result)["aggregates"]["froc"]["n_lesions"])
