"""Serves the pages: one blueprint a file, each view calls one service."""

from flask import Flask
from werkzeug.local import LocalProxy

from webapp.http.identity import own_team, signed_in_user
from webapp.web import (
    accounts,
    errors,
    forgery,
    health,
    leaderboard,
    phases,
    start,
    submissions,
    team,
    tokens,
    uploads,
)
from webapp.web.rendering import assets, formats


def register(app: Flask) -> None:
    """Attach pages, their guards, filters and error pages to an application."""
    assets.version_addresses(app)
    forgery.refuse_forged_requests(app)
    formats.add_filters(app)
    errors.register(app)
    app.context_processor(_page_variables)
    for module in (
        start,
        accounts,
        team,
        tokens,
        phases,
        uploads,
        submissions,
        leaderboard,
        health,
    ):
        app.register_blueprint(module.bp)


def _page_variables() -> dict[str, object]:
    """Give every page its viewer; the database is read only if the page uses them."""
    return {"user": LocalProxy(signed_in_user), "own_team": LocalProxy(own_team)}
