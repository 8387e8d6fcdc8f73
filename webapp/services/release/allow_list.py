"""Decides which field of a submission which audience reads, and rounds scores, in one place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from evaluator.metrics.ranking import round_for_display
from webapp.database.models import (
    Evaluation,
    EvaluationState,
    Release,
    Submission,
    SubmissionState,
    Team,
)
from webapp.services.phases.challenges import PhaseView

RELEASE_DECIMALS: Mapping[Release, int | None] = {
    Release.OPEN: 4,
    Release.AGGREGATE: 2,
    Release.LADDER: 2,
    Release.SEALED: None,
}
"""Decimals of a score under each release; None: no score is shown."""

ORGANISER_DECIMALS = 4
RELEASES_HIDING_SCORES = frozenset({Release.LADDER, Release.SEALED})
"""Releases that hide or replace scores for participants; organisers see all decimals."""
WITHHELD_REASON = "undefined"
"""Replaces the reason of a missing score while the truth is hidden: a reason such as
``single_class`` is a statement about the labels."""

_REPORT_FIELDS = ("problems", "counts", "notices", "warnings")


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who reads; all None and False for somebody who is not signed in."""

    user_id: int | None = None
    team_id: int | None = None
    is_organiser: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the public case list's slides have been scored."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SubmissionRows:
    """The rows of one submission, for `describe_submission` alone.

    ``rung`` is the score that a ladder release shows, None under any other.
    """

    submission: Submission
    evaluation: Evaluation | None
    team: Team
    attempts: int
    is_refunded: bool
    rung: float | None = None


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission as one audience reads it.

    Attributes
    ----------
    id : str
        The public id.
    state : str
        State of submission and evaluation as one word: received, validating, queued, running,
        scored, rejected, failed, quarantined or withdrawn.
    attempts : int
        Attempts that the team has been charged with in this phase.
    interval : (float, float) or None
        Ends of the score's 95 % interval, of this submission alone.
    result : dict or None
        The whole result: for organisers, and for the team if the release is open.
    """

    id: str
    phase: str
    team: str
    method: str
    description: str
    link: str
    filename: str
    sha256: str
    state: str
    submitted_at: datetime
    score: float | None
    score_reason: str | None
    interval: tuple[float, float] | None
    report: dict[str, Any] | None
    failure_code: str | None
    progress: Progress | None
    result: dict[str, Any] | None
    attempts: int
    badges: tuple[str, ...]
    is_final: bool
    refunded: bool


def describe_submission(rows: SubmissionRows, phase: PhaseView, viewer: Viewer) -> SubmissionView:
    """Return a submission as this viewer may see it at this moment.

    The caller has checked that the viewer is an organiser or in the submission's own team.
    """
    submission, evaluation = rows.submission, rows.evaluation
    decimals = decimals_for(phase, viewer)
    scored = _scored(submission, evaluation)
    return SubmissionView(
        id=submission.public_id,
        phase=phase.slug,
        team=rows.team.name,
        method=submission.method,
        description=submission.description,
        link=submission.link,
        filename=submission.filename,
        sha256=submission.sha256,
        state=derived_state(submission, evaluation),
        submitted_at=submission.submitted_at,
        score=rounded_score(_score(scored, rows, phase, viewer), decimals),
        score_reason=None if decimals is None else _score_reason(scored, phase, viewer),
        interval=None
        if is_on_ladder(phase, viewer)
        else rounded_interval(_interval(scored), decimals),
        report=released_report(submission.report),
        failure_code=None if evaluation is None else evaluation.failure_code,
        progress=_progress(evaluation),
        result=_result(scored, phase, viewer),
        attempts=rows.attempts,
        badges=badges(submission, rows.team, viewer),
        is_final=submission.is_final,
        refunded=rows.is_refunded,
    )


def derived_state(submission: Submission, evaluation: Evaluation | None) -> str:
    """Return the state of a submission and its evaluation as one word."""
    if submission.state is not SubmissionState.ACCEPTED:
        return str(submission.state)
    return str(EvaluationState.QUEUED if evaluation is None else evaluation.state)


def decimals_for(phase: PhaseView, viewer: Viewer) -> int | None:
    """Return with how many decimals a viewer sees a phase's scores now; None: not at all.

    Organisers see what participants see, so that a rank means the same to both; under a release
    that hides or replaces scores they see all decimals.
    """
    if viewer.is_organiser and phase.release_now in RELEASES_HIDING_SCORES:
        return ORGANISER_DECIMALS
    return RELEASE_DECIMALS[phase.release_now]


def is_on_ladder(phase: PhaseView, viewer: Viewer) -> bool:
    """Tell whether a viewer sees rungs of the ladder instead of scores and intervals."""
    return phase.release_now is Release.LADDER and not viewer.is_organiser


def rounded_score(score: float | None, decimals: int | None) -> float | None:
    """Round a score for showing; scores are rounded nowhere else."""
    return None if score is None or decimals is None else round_for_display(score, decimals)


def rounded_interval(
    interval: tuple[float, float] | None, decimals: int | None
) -> tuple[float, float] | None:
    """Round both ends of an interval as its score is rounded."""
    if interval is None or decimals is None:
        return None
    return round_for_display(interval[0], decimals), round_for_display(interval[1], decimals)


def released_report(report: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the fields of a check's report that depend on file and public case list alone."""
    if report is None:
        return None
    return {name: report[name] for name in _REPORT_FIELDS if name in report}


def badges(submission: Submission, team: Team, viewer: Viewer) -> tuple[str, ...]:
    """Return a submission's badges; only organisers see that it is hidden."""
    is_badge_set = {
        "baseline": submission.is_baseline,
        "organisers": team.is_organisers,
        "disqualified": submission.is_disqualified,
        "hidden": submission.is_hidden and viewer.is_organiser,
    }
    return tuple(badge for badge, is_set in is_badge_set.items() if is_set)


def _scored(submission: Submission, evaluation: Evaluation | None) -> Evaluation | None:
    if submission.state is not SubmissionState.ACCEPTED or evaluation is None:
        return None
    return evaluation if evaluation.state is EvaluationState.SCORED else None


def _score(
    scored: Evaluation | None, rows: SubmissionRows, phase: PhaseView, viewer: Viewer
) -> float | None:
    if scored is None:
        return None
    return rows.rung if is_on_ladder(phase, viewer) else scored.score


def _interval(scored: Evaluation | None) -> tuple[float, float] | None:
    if scored is None or scored.interval_low is None or scored.interval_high is None:
        return None
    return scored.interval_low, scored.interval_high


def _score_reason(scored: Evaluation | None, phase: PhaseView, viewer: Viewer) -> str | None:
    if scored is None or scored.score is not None:
        return None
    is_reason_public = viewer.is_organiser or phase.is_truth_public
    return scored.score_reason if is_reason_public else WITHHELD_REASON


def _progress(evaluation: Evaluation | None) -> Progress | None:
    if evaluation is None or evaluation.slides_total is None:
        return None
    return Progress(evaluation.slides_done, evaluation.slides_total)


def _result(scored: Evaluation | None, phase: PhaseView, viewer: Viewer) -> dict[str, Any] | None:
    if scored is None or scored.result is None:
        return None
    if not viewer.is_organiser and phase.release_now is not Release.OPEN:
        return None
    return cast("dict[str, Any]", json.loads(scored.result))
