"""Finds what waits, in the order in which it is claimed: every team in its turn.

Live work comes before re-scores. Among live work checks come before evaluations, then the team
with the fewest items in hand or done in the last ten minutes, then the oldest item. A board's
statistics are of no team: they come after live evaluations, unless they have waited for long.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from webapp.database.engine import database_now
from webapp.database.models import Evaluation, Submission, SubmissionState, Team, Upload
from webapp.services.boards.statistics import claimable_statistics
from webapp.services.records.slots import count_waiting_slots
from webapp.services.work.states import WORK_STATES, LeasedModel, WorkItem, WorkKind

TURN_SECONDS = 600.0
"""What a team had done in this time counts against it; contracts of the design say ten minutes."""

LONGEST_RANK_WAIT_SECONDS = 30.0
"""Statistics that have waited longer come before evaluations: a flood cannot starve them."""

_ADDED_AT: Mapping[WorkKind, InstrumentedAttribute[datetime]] = {
    WorkKind.CHECK: Upload.created_at,
    WorkKind.VALIDATE: Submission.submitted_at,
    WorkKind.EVALUATE: Evaluation.created_at,
}
_DONE_AT: Mapping[WorkKind, InstrumentedAttribute[datetime | None]] = {
    WorkKind.CHECK: Upload.checked_at,
    WorkKind.VALIDATE: Submission.validated_at,
    WorkKind.EVALUATE: Evaluation.finished_at,
}
_RANKS_A_LOOK = 8
_ANY_AGE_SECONDS = -1.0
"""Below zero, so that rows committed within the clock's last tick are old enough too."""

_Lane = tuple[tuple[WorkKind, ...], bool]
"""Kinds of work that take turns with each other, and whether it is their re-scores."""

_CHECKS: _Lane = ((WorkKind.CHECK, WorkKind.VALIDATE), False)
_EVALUATIONS: _Lane = ((WorkKind.EVALUATE,), False)
_RESCORES: _Lane = ((WorkKind.EVALUATE,), True)


def fairest_items(session: Session) -> list[WorkItem]:
    """Return what can be claimed now, whose turn it is first; of each team its oldest item.

    The first is the one to claim. The others are for whoever finds it taken by another worker.
    Work that comes later in any case is left out; nothing is returned if nothing waits.
    """
    return (
        _lane(session, _CHECKS)
        or _statistics(session, LONGEST_RANK_WAIT_SECONDS)
        or _lane(session, _EVALUATIONS)
        or _statistics(session, _ANY_AGE_SECONDS)
        or _lane(session, _RESCORES)
    )


def next_items(session: Session, *, limit: int) -> list[WorkItem]:
    """Return what can be claimed now, the oldest of each kind first, whoever's turn it is.

    These are waiting rows, and rows whose lease has run out.
    """
    queries = [(kind, _claimable(kind, limit)) for kind in WORK_STATES]
    queries.append((WorkKind.RANK, claimable_statistics(_ANY_AGE_SECONDS, limit)))
    found = [
        (since, WorkItem(kind, row_id))
        for kind, query in queries
        for row_id, since in session.execute(query)
    ]
    return [item for _, item in sorted(found, key=lambda one: one[0])[:limit]]


def count_waiting(session: Session, *, limit: int) -> int:
    """Count the items that can be claimed now, up to a limit, without looking at the others."""
    number = 0
    for kind, states in WORK_STATES.items():
        model = states.model
        for conditions in (is_waiting(kind), is_expired(kind)):
            query = select(model.id).where(*conditions, *_is_accepted(kind, model))
            number += len(session.scalars(query.limit(limit)).all())
    number += len(session.execute(claimable_statistics(_ANY_AGE_SECONDS, limit)).all())
    return min(number, limit)


def hints_needed(session: Session) -> int:
    """Return how many slots wait although there is work for them."""
    n_slots = count_waiting_slots(session)
    return count_waiting(session, limit=n_slots) if n_slots else 0


def is_expired(kind: WorkKind) -> list[ColumnElement[bool]]:
    """Return the conditions under which a row's lease has run out."""
    states = WORK_STATES[kind]
    return [
        states.model.state == states.working,
        states.model.lease_expires_at < database_now(),
    ]


def is_waiting(kind: WorkKind, model: LeasedModel | Any | None = None) -> list[ColumnElement[bool]]:
    """Return the conditions under which a row waits: not claimed, and not resting."""
    states = WORK_STATES[kind]
    row = states.model if model is None else model
    has_rested = or_(row.not_before.is_(None), row.not_before <= database_now())
    return [row.state == states.waiting, has_rested]


def _lane(session: Session, lane: _Lane) -> list[WorkItem]:
    kinds, is_rescore = lane
    oldest = list(
        chain.from_iterable(
            _oldest_of_each_team(session, kind, is_rescore=is_rescore) for kind in kinds
        )
    )
    if not oldest:
        return []
    load = _load_of_teams(session)
    oldest.sort(key=lambda one: (load[one[0]], one[1], one[2].kind, one[2].id))
    return [item for _, _, item in oldest]


def _oldest_of_each_team(
    session: Session, kind: WorkKind, *, is_rescore: bool
) -> list[tuple[int, datetime, WorkItem]]:
    """Find each team's oldest waiting item: one look into the index a team, however many wait."""
    model = WORK_STATES[kind].model
    if session.scalar(select(model.id).where(*is_waiting(kind)).limit(1)) is None:
        return []
    row = aliased(model)
    added_at = getattr(row, _ADDED_AT[kind].key)
    oldest = (
        select(row.id)
        .where(
            *is_waiting(kind, row),
            row.team_id == Team.id,
            *_is_needed(kind, row, is_rescore=is_rescore),
        )
        .order_by(added_at, row.id)
        .limit(1)
        .correlate(Team)
        .scalar_subquery()
    )
    looked_up = session.execute(select(Team.id, oldest))
    team_of = {row_id: team_id for team_id, row_id in looked_up if row_id is not None}
    rows = session.execute(select(model.id, _ADDED_AT[kind]).where(model.id.in_(team_of)))
    found = [(team_of[row_id], since, row_id) for row_id, since in rows]
    return [(team_id, since, WorkItem(kind, row_id)) for team_id, since, row_id in found]


def _is_needed(kind: WorkKind, row: Any, *, is_rescore: bool) -> list[ColumnElement[bool]]:
    if kind is not WorkKind.EVALUATE:
        return []
    return [row.is_rescore.is_(is_rescore), *_is_accepted(kind, row)]


def _is_accepted(kind: WorkKind, row: Any) -> list[ColumnElement[bool]]:
    """Return the condition that an evaluation's submission has not been withdrawn."""
    if kind is not WorkKind.EVALUATE:
        return []
    is_accepted = Submission.state == SubmissionState.ACCEPTED
    return [exists().where(Submission.id == row.submission_id, is_accepted).correlate(row)]


def _load_of_teams(session: Session) -> Counter[int]:
    """Count each team's items that are in hand, or were done in the last ten minutes."""
    parts: list[Select[Any]] = []
    for kind, states in WORK_STATES.items():
        model = states.model
        is_recent = _DONE_AT[kind] > database_now(-TURN_SECONDS)
        parts += [
            select(model.team_id.label("team_id")).where(condition)
            for condition in (model.state == states.working, is_recent)
        ]
    items = union_all(*parts).subquery()
    counted = session.execute(select(items.c.team_id, func.count()).group_by(items.c.team_id))
    load: Counter[int] = Counter()
    for team_id, number in counted:
        load[team_id] = number
    return load


def _statistics(session: Session, older_than_seconds: float) -> list[WorkItem]:
    rows = session.execute(claimable_statistics(older_than_seconds, _RANKS_A_LOOK))
    return [WorkItem(WorkKind.RANK, row_id) for row_id, _ in rows]


def _claimable(kind: WorkKind, limit: int) -> Select[int, datetime]:
    model, states = WORK_STATES[kind].model, WORK_STATES[kind]
    query = select(model.id, _ADDED_AT[kind]).where(
        model.state.in_((states.waiting, states.working)),  # lets the index be used
        or_(and_(*is_waiting(kind)), and_(*is_expired(kind))),
        *_is_accepted(kind, model),
    )
    return query.order_by(_ADDED_AT[kind]).limit(limit)
