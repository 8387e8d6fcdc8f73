"""Identifies who asks: the person of the browser's session, their team, what they may see."""

import logging
from collections.abc import Callable
from typing import cast

from flask import current_app, g, session
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from webapp.runtime import Runtime
from webapp.services.people import accounts, teams
from webapp.services.people.accounts import UserView
from webapp.services.people.teams import TeamView
from webapp.services.release.allow_list import Viewer

SESSION_SECRET = "secret"  # noqa: S105 - the secret's key in the cookie

log = logging.getLogger(__name__)


def runtime() -> Runtime:
    """Return the runtime of this process."""
    return cast("Runtime", current_app.extensions["camelyon"])


def signed_in_user() -> UserView | None:
    """Return the person signed in by this browser; None if signed out, expired or revoked."""
    if "user" not in g:
        g.user = _load_user()
    return cast("UserView | None", g.user)


def own_team() -> TeamView | None:
    """Return the signed-in person's team."""
    if "team" not in g:
        user = signed_in_user()
        g.team = None if user is None else _load_team(user.id)
    return cast("TeamView | None", g.team)


def page_viewer() -> Viewer:
    """Return the viewer of the current page."""
    return viewer_of(signed_in_user(), own_team())


def viewer_of(user: UserView | None, team: TeamView | None) -> Viewer:
    """Return a person and their team as a viewer."""
    if user is None:
        return Viewer(user_id=None, team_id=None, is_organiser=False)
    return Viewer(
        user_id=user.id,
        team_id=None if team is None else team.id,
        is_organiser=user.is_organiser,
    )


def sign_in(user: UserView) -> None:
    """Start a new session in the browser; the cookie's earlier content is dropped."""
    with runtime().session() as database:
        secret = accounts.start_session(database, user.id)
    session.clear()
    session[SESSION_SECRET] = secret
    g.user = user
    g.pop("team", None)


def sign_out() -> None:
    """End the session on the server and clear the browser's cookie."""
    secret = session.get(SESSION_SECRET)
    session.clear()
    if isinstance(secret, str):
        with runtime().session() as database:
            accounts.end_session(database, secret)
    g.user = g.team = None


def write_best_effort(write: Callable[[Session], None]) -> None:
    """Write if no lock is held; never make a read wait or fail.

    A database that is locked, full or read-only can still be read, and what is noted here will be
    noted by a later request.
    """
    try:
        with runtime().best_effort() as database:
            write(database)
    except (DBAPIError, PoolTimeoutError):
        log.info("a last use is not noted: the database takes no write at the moment")


def _load_user() -> UserView | None:
    secret = session.get(SESSION_SECRET)
    if not isinstance(secret, str):
        return None
    with runtime().reading() as database:
        found = accounts.signed_in(database, secret)
    if found is None:
        return None
    if found.is_use_due:
        write_best_effort(lambda database: accounts.note_seen(database, found.session_id))
    return found.user


def _load_team(user_id: int) -> TeamView | None:
    with runtime().reading() as database:
        return teams.team_of(database, user_id)
