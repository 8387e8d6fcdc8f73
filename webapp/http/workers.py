"""Tells workers, after a commit, that there is something to do; a hint may be lost."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from webapp import tasks
from webapp.http.identity import runtime
from webapp.services.work import queue

MAX_HINTS = 8
_NO_MINIMUM_AGE_SECONDS = -1.0
"""Seconds: also what was committed within the clock's last tick is old enough."""

log = logging.getLogger(__name__)


def notify_workers() -> None:
    """Send what waits without a message to the workers; never turns a commit into an error.

    The rows are committed, so whatever goes wrong here only makes the service slower: workers
    look for work themselves, and the sweeper hints again.
    """
    try:
        with runtime().reading() as database:
            items = queue.unhinted_items(
                database, older_than_seconds=_NO_MINIMUM_AGE_SECONDS, limit=MAX_HINTS
            )
        sent = tasks.enqueue(runtime().celery, items)
        with runtime().session() as database:
            queue.mark_hinted(database, sent)
    except SQLAlchemyError:
        log.warning("hints not sent or not noted: the database does not answer")
