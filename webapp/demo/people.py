"""Adds the demonstration's people: an organiser, a participant and the invented captains."""

import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.database.models import Scope
from webapp.demo.credentials import Credentials, DemoError
from webapp.demo.teams import TEAMS, Team
from webapp.errors import RefusalCode, Refused
from webapp.services.people import accounts, directory, teams, tokens
from webapp.services.people.accounts import UserView

VISITORS_TEAM = "Visitors"
_TOKEN_SCOPES = frozenset({Scope.SUBMIT, Scope.READ})


@dataclass(frozen=True, slots=True)
class Captain:
    """An invented team as the database knows it."""

    number: int
    team: Team
    user_id: int
    team_id: int


def add_organiser(session: Session, credentials: Credentials) -> UserView:
    """Return the organiser's account; add it if it is missing."""
    email, password = credentials.organiser_email, credentials.organiser_password
    return _account(session, "Demo organiser", email, password, is_organiser=True)


def add_participant(session: Session, credentials: Credentials) -> str:
    """Add the participant, their team and an API token if missing; return the token.

    A token that still works is kept.
    """
    email, password = credentials.participant_email, credentials.participant_password
    user = _account(session, "Demo participant", email, password, is_organiser=False)
    if teams.team_of(session, user.id) is None:
        teams.create_team(session, user_id=user.id, name=VISITORS_TEAM)
    if credentials.token and tokens.holder_of_token(session, credentials.token) is not None:
        return credentials.token
    return tokens.create_token(session, user_id=user.id, name="Demonstration", scopes=_TOKEN_SCOPES)


def add_captains(session: Session) -> list[Captain]:
    """Return every invented team with its captain; add those that are missing."""
    return [_captain(session, team, number) for number, team in enumerate(TEAMS, start=1)]


def _captain(session: Session, team: Team, number: int) -> Captain:
    email = f"captain-{number}@teams.example"
    try:
        user = directory.user_by_email(session, email)
    except Refused:
        # Nobody signs in as a captain, so the password is not kept.
        password = secrets.token_urlsafe(24)
        user = accounts.register(session, email=email, name=team.captain, password=password)
    found = teams.team_of(session, user.id)
    if found is None:
        found = teams.create_team(session, user_id=user.id, name=team.name)
    return Captain(number, team, user.id, found.id)


def _account(
    session: Session, name: str, email: str, password: str, *, is_organiser: bool
) -> UserView:
    try:
        return accounts.add_user(
            session, email=email, name=name, password=password, is_organiser=is_organiser
        )
    except Refused as refused:
        if refused.code is not RefusalCode.EMAIL_TAKEN:
            raise
    known = accounts.authenticate(session, email=email, password=password)
    if known is None:
        raise DemoError(
            f"{email} has another password than this home remembers; start on a new --home"
        )
    return known
