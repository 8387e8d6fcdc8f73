"""Says by which rule and on how many cases a phase's scores are measured."""

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
    """The rule of a phase's scores and the number of cases behind them.

    Attributes
    ----------
    protocol : str
        Name of the rule of scoring.
    slides, patients : int
        How many the public case list names.
    lesions : int or None
        Number in the truth; None for other kinds, while the truth is hidden, and before a
        submission is scored.
    """

    protocol: str
    slides: int
    patients: int
    lesions: int | None


def basis_of(session: Session, phase: PhaseView, cases: dict[str, Any]) -> ScoreBasis:
    """Return the rule and the number of cases of a phase's scores."""
    return ScoreBasis(
        protocol=PROTOCOLS[phase.kind],
        slides=sum(phase.kind in slide["kinds"] for slide in cases["slides"]),
        patients=len(cases["patients"]),
        lesions=_count_lesions(session, phase),
    )


def _count_lesions(session: Session, phase: PhaseView) -> int | None:
    """Read the number of lesions from a stored result: the web process has no truth to read."""
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
