"""Serves the REST API under /api/v1: one resource a file."""

from apiflask import APIFlask

from webapp.api import documents, leaderboard, me, phases, queries, submissions, validation


def register(app: APIFlask) -> None:
    """Attach the API to an application."""
    validation.register(app)
    queries.refuse_unknown_parameters(app)
    for module in (documents, phases, leaderboard, submissions, me):
        app.register_blueprint(module.bp, url_prefix="/api/v1")
