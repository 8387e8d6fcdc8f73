"""Finds people, teams and challenges by what organisers call them on the command line."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from webapp.database.models import Challenge, Membership, Team, User
from webapp.errors import RefusalCode, Refused
from webapp.services.people.accounts import UserView, user


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team as organisers list it."""

    id: int
    public_id: str
    name: str
    members: int


def user_by_email(session: Session, email: str) -> UserView:
    """Return the account of a mail address."""
    user_id = session.scalar(select(User.id).where(User.email == email.strip().casefold()))
    if user_id is None:
        raise Refused(RefusalCode.NOT_FOUND, f"There is no account of {email.strip()}.")
    return user(session, user_id)


def list_teams(session: Session) -> list[TeamLine]:
    """Return all teams in name order."""
    rows = session.execute(
        select(Team.id, Team.public_id, Team.name, func.count(Membership.id))
        .outerjoin(Membership)
        .group_by(Team.id)
        .order_by(Team.name)
    )
    return [TeamLine(*row) for row in rows]


def team_by_name(session: Session, name: str) -> TeamLine:
    """Return the team of a name or public id."""
    row = session.execute(
        select(Team.id, Team.public_id, Team.name, func.count(Membership.id))
        .outerjoin(Membership)
        .where(or_(Team.name == name.strip(), Team.public_id == name.strip()))
        .group_by(Team.id)
    ).one_or_none()
    if row is None:
        raise Refused(RefusalCode.NOT_FOUND, f"There is no team {name.strip()}.")
    return TeamLine(*row)


def has_challenge(session: Session, slug: str) -> bool:
    """Tell whether a challenge of this slug has been added."""
    return session.scalar(select(Challenge.id).where(Challenge.slug == slug)) is not None
