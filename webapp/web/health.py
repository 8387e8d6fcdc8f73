"""Tells a supervisor whether this process answers and reaches its database."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from webapp.database.engine import read_clock
from webapp.http.identity import runtime

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer 200 if the database answers, 503 if not, and nothing else."""
    try:
        with runtime().reading() as database:
            read_clock(database)
    except SQLAlchemyError:
        return jsonify(status="database away"), 503
    return jsonify(status="ok")
