"""When a request came in, on the database's clock, however long its body takes to arrive."""

import time
from datetime import datetime, timedelta

from flask import g
from sqlalchemy.orm import Session

from webapp.database.engine import clock


def note_arrival() -> None:
    """Remember the present moment; called before anything reads the body."""
    g.arrived = time.monotonic()


def arrived_at(database: Session) -> datetime:
    """Return when the present request came in.

    The clock is the database's alone; this process only says how many seconds ago it was.
    """
    return clock(database) - timedelta(seconds=time.monotonic() - float(g.arrived))
