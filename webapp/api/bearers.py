"""Identifies the API's caller: by a bearer token or, for reading only, by the browser's session."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from flask import g, request
from flask.typing import ResponseReturnValue

from webapp.database.models import Scope
from webapp.errors import RefusalCode, Refused
from webapp.http.identity import own_team, runtime, signed_in_user, viewer_of, write_best_effort
from webapp.services.people import tokens
from webapp.services.people.accounts import UserView
from webapp.services.people.teams import TeamView
from webapp.services.release.allow_list import Viewer

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

BEARER_SCHEME = "bearer"
SECURITY_SCHEME = "bearer_token"
READING_SCOPES = frozenset({Scope.READ, Scope.ORGANISE})


@dataclass(frozen=True, slots=True)
class Caller:
    """The person who calls, their team, and what they may see.

    An organiser calling with a token sees what organisers see only if it has that scope.
    """

    user: UserView | None
    team: TeamView | None
    viewer: Viewer


def require_reader(view: View[P]) -> View[P]:
    """Require a token with the scope `read`, or a signed-in browser."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if caller().user is None:
            raise unauthorised("An API token is needed: Authorization: Bearer cam_…")
        return view(*args, **kwargs)

    return guarded


def require_submitter(view: View[P]) -> View[P]:
    """Require a token with the scope `submit`; a browser's session is not accepted."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if request.authorization is None:
            raise unauthorised("Writing needs an API token: Authorization: Bearer cam_…")
        g.api_caller = _caller_of_token(frozenset({Scope.SUBMIT}))
        return view(*args, **kwargs)

    return guarded


def caller() -> Caller:
    """Return who calls; its user is None where neither a token nor a session is sent.

    A token that is sent must be valid, even where none is needed.
    """
    if "api_caller" not in g:
        is_browser = request.authorization is None
        g.api_caller = _caller_of_session() if is_browser else _caller_of_token(READING_SCOPES)
    known: Caller = g.api_caller
    return known


def _caller_of_session() -> Caller:
    user, team = signed_in_user(), own_team()
    return Caller(user, team, viewer_of(user, team))


def _caller_of_token(sufficient: frozenset[Scope]) -> Caller:
    authorization = request.authorization
    token = None if authorization is None else authorization.token
    if authorization is None or authorization.type != BEARER_SCHEME or token is None:
        raise unauthorised("Send Authorization: Bearer cam_…")
    with runtime().reading() as database:
        holder = tokens.holder_of_token(database, token)
    if holder is None:
        raise unauthorised("The API token is unknown, expired or revoked.")
    if holder.is_use_due:
        write_best_effort(lambda database: tokens.note_use(database, holder.token_id))
    if not sufficient & holder.scopes:
        names = " or ".join(sorted(sufficient))
        raise Refused(RefusalCode.FORBIDDEN, f"This API token lacks the scope {names}.")
    g.user, g.team = holder.user, holder.team
    sees_all = holder.user.is_organiser and Scope.ORGANISE in holder.scopes
    team_id = None if holder.team is None else holder.team.id
    viewer = Viewer(user_id=holder.user.id, team_id=team_id, is_organiser=sees_all)
    return Caller(holder.user, holder.team, viewer)


def unauthorised(detail: str) -> Refused:
    """Return the refusal of a caller without a valid token."""
    return Refused(RefusalCode.BAD_TOKEN, detail)
