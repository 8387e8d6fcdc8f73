"""Names claimed work in log lines, by public ids and by the request that brought it."""

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.database.models import Evaluation, Submission, Upload
from webapp.database.options import READ_ONLY_OPTION
from webapp.services.records.requests import REQUEST
from webapp.services.work.states import WorkItem, WorkKind

UPLOAD = "upload"
SUBMISSION = "submission"


def log_context(session_factory: Callable[[], Session], item: WorkItem) -> dict[str, str]:
    """Return what every line about an item is bound to: its kind, public id and request.

    An evaluation is named by its submission. A database that does not answer costs the lines their
    names, never the work.
    """
    context = {"kind": item.kind.value}
    query = _query(item)
    if query is None:
        return context
    with suppress(SQLAlchemyError), session_factory() as session:
        session.connection(execution_options={READ_ONLY_OPTION: True})
        found = session.execute(query).one_or_none()
        if found is not None:
            context[UPLOAD if item.kind is WorkKind.CHECK else SUBMISSION] = found[0]
            context |= {} if found[1] is None else {REQUEST: found[1]}
    return context


def _query(item: WorkItem) -> Select[str, str | None] | None:
    """Return the query for the public id and the request; None for a board's statistics."""
    of_submission = select(Submission.public_id, Submission.request_id)
    match item.kind:
        case WorkKind.CHECK:
            return select(Upload.public_id, Upload.request_id).where(Upload.id == item.id)
        case WorkKind.VALIDATE:
            return of_submission.where(Submission.id == item.id)
        case WorkKind.EVALUATE:
            return of_submission.join(Evaluation, Evaluation.submission_id == Submission.id).where(
                Evaluation.id == item.id
            )
        case WorkKind.RANK:
            return None
