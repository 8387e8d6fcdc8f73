"""Reads what the database says after a soak into plain values."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.database.models import (
    Evaluation,
    Event,
    IdempotencyKey,
    QuotaEntry,
    Submission,
)


@dataclass(frozen=True, slots=True)
class SubmissionRecord:
    """One submission with all that hangs on it.

    Attributes
    ----------
    keys : tuple of str
        Of the requests that made it; one, if all is well.
    charges : tuple of str
        ``KIND AMOUNT`` of each line of the team's ledger, sorted.
    """

    id: int
    public_id: str
    team_id: int
    sha256: str
    size: int
    state: str
    keys: tuple[str, ...]
    charges: tuple[str, ...]
    evaluations: tuple["EvaluationRecord", ...]


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """One evaluation: its state, result, and how often it was claimed and committed."""

    id: int
    state: str
    result: str | None
    claims: int
    commits: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Records:
    """All submissions, by public id."""

    submissions: Mapping[str, SubmissionRecord]

    @property
    def evaluations(self) -> Sequence[EvaluationRecord]:
        """Return every evaluation."""
        return [one for row in self.submissions.values() for one in row.evaluations]


def read_records(session: Session) -> Records:
    """Read everything."""
    keys: dict[int, list[str]] = defaultdict(list)
    for row in session.scalars(select(IdempotencyKey)):
        if row.submission_id is not None:
            keys[row.submission_id].append(row.key)
    charges: dict[int, list[str]] = defaultdict(list)
    for entry in session.scalars(select(QuotaEntry)):
        charges[entry.submission_id or 0].append(f"{entry.kind.value} {entry.amount}")
    evaluations = _evaluations(session)
    return Records(
        {
            row.public_id: SubmissionRecord(
                id=row.id,
                public_id=row.public_id,
                team_id=row.team_id,
                sha256=row.sha256,
                size=row.size,
                state=row.state.value,
                keys=tuple(keys[row.id]),
                charges=tuple(sorted(charges[row.id])),
                evaluations=tuple(evaluations[row.id]),
            )
            for row in session.scalars(select(Submission).order_by(Submission.id))
        }
    )


def _evaluations(session: Session) -> dict[int, list[EvaluationRecord]]:
    counts: Counter[tuple[int | None, str]] = Counter()
    for evaluation_id, kind, count in session.execute(
        select(Event.evaluation_id, Event.kind, func.count())
        .where(
            Event.evaluation_id.is_not(None),
            Event.kind.in_(("work.claimed", "work.committed")),
        )
        .group_by(Event.evaluation_id, Event.kind)
    ):
        counts[evaluation_id, kind] = count
    found: dict[int, list[EvaluationRecord]] = defaultdict(list)
    for row, submitted_at in session.execute(
        select(Evaluation, Submission.submitted_at).join(
            Submission, Submission.id == Evaluation.submission_id
        )
    ):
        done_at = row.finished_at
        found[row.submission_id].append(
            EvaluationRecord(
                id=row.id,
                state=row.state.value,
                result=row.result,
                claims=counts[row.id, "work.claimed"],
                commits=counts[row.id, "work.committed"],
                seconds=None if done_at is None else (done_at - submitted_at).total_seconds(),
            )
        )
    return found
