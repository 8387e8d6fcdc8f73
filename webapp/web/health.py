"""Tells a supervisor whether this process answers and reaches its database.

Our own web server answers the same two addresses by itself (`webapp.server`), whatever is locked;
these views are for every other server.
"""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from webapp.database.engine import read_clock
from webapp.http.health import DatabaseFinding, health, readiness
from webapp.http.identity import runtime
from webapp.services.records.liveness import list_heartbeats

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer 200 if the database answers, 503 if not, and nothing else."""
    status, body = health(_look(reads_heartbeats=False))
    return jsonify(body), status


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Answer 200 if what is handed in will be worked on, 503 if not, and nothing else."""
    status, body = readiness(_look(reads_heartbeats=True))
    return jsonify(body), status


def _look(*, reads_heartbeats: bool) -> DatabaseFinding:
    try:
        with runtime().reading() as database:
            read_clock(database)
            found = list_heartbeats(database) if reads_heartbeats else []
    except SQLAlchemyError:
        return DatabaseFinding(None, ())
    return DatabaseFinding(0.0, tuple(found))
