"""Makes a submission in one transaction, also where the answer to its COMMIT is lost."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database.commits import CommitUnknownError, commit
from webapp.database.models import Submission
from webapp.services.submissions import quotas


@dataclass(frozen=True, slots=True)
class _Made:
    """What identifies a submission whose commit is not certain."""

    public_id: str
    team_id: int
    phase_id: int


def make_submission(
    session_factory: Callable[[], Session], admit: Callable[[Session], Submission]
) -> str:
    """Commit the submission that `admit` adds under `quotas.lock_quota`; return its public id.

    If the connection breaks after the server committed, the client has nevertheless its submission:
    a second connection looks for it. Where it is not there the driver's error is raised, and it can
    no longer come: its transaction held the lock that was taken to look.
    """
    made = None
    try:
        with session_factory() as session:
            row = admit(session)
            made = _Made(row.public_id, row.team_id, row.phase_id)
            commit(session)
    except CommitUnknownError as unknown:
        if made is None or not _is_committed(session_factory, made):
            raise unknown.cause from None
    return made.public_id


def _is_committed(session_factory: Callable[[], Session], made: _Made) -> bool:
    with session_factory() as session:
        quotas.lock_quota(session, made.team_id, made.phase_id)
        found = session.scalar(select(Submission.id).where(Submission.public_id == made.public_id))
        return found is not None
