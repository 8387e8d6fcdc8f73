"""Tells workers, after a commit, that there is work; the message is a hint and may be lost."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from webapp import tasks
from webapp.http.identity import runtime
from webapp.services.work import queue

MAX_HINTS = 8
_NO_MINIMUM_AGE_SECONDS = -1.0
"""Below zero, so that rows committed within the clock's last tick are old enough too."""

log = logging.getLogger(__name__)


def notify_workers() -> None:
    """Send workers hints about rows that have had none; raise nothing if that fails.

    The rows are committed, so a failure here only makes the service slower: workers look for work
    themselves, and the sweeper sends hints again.
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
