"""Founds teams, adds members by the join code, and lets them leave; one team a person."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.database.engine import read_clock
from webapp.database.models import (
    Membership,
    Phase,
    Role,
    Submission,
    SubmissionState,
    Team,
    User,
)
from webapp.errors import RefusalCode, Refused
from webapp.services.people.team_names import clean_team_name, skeleton
from webapp.services.phases.window import PhaseState, phase_state
from webapp.services.records.identifiers import new_public_id


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as the team sees them."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team as one of its members sees it; ``role`` is that member's."""

    id: int
    public_id: str
    name: str
    join_code: str
    role: Role
    members: tuple[MemberView, ...]
    is_organisers: bool


def create_team(session: Session, *, user_id: int, name: str) -> TeamView:
    """Found a team with its founder as captain; an organiser's team is never ranked."""
    cleaned = clean_team_name(name)
    founder = session.get_one(User, user_id)
    _require_no_team(session, user_id)
    _require_free_name(session, cleaned)
    team = Team(
        public_id=new_public_id("team"),
        name=cleaned,
        name_skeleton=skeleton(cleaned),
        join_code=new_public_id("join"),
        is_organisers=founder.is_organiser,
    )
    session.add(team)
    _commit_membership(session, team, user_id, Role.CAPTAIN)
    return _require_view(session, user_id)


def join_team(session: Session, *, user_id: int, join_code: str) -> TeamView:
    """Add a member by the team's join code; an organiser makes it an organisers' team."""
    _require_no_team(session, user_id)
    team = session.scalar(select(Team).where(Team.join_code == join_code.strip()))
    if team is None:
        raise Refused(RefusalCode.BAD_JOIN_CODE, "No team has this join code.", field="join_code")
    if session.get_one(User, user_id).is_organiser:
        team.is_organisers = True
    _commit_membership(session, team, user_id, Role.MEMBER)
    return _require_view(session, user_id)


def leave_team(session: Session, *, user_id: int) -> None:
    """Leave a team, unless it has attempts in a phase that is still running.

    The captaincy goes to the member who has been there longest.
    """
    membership = require_membership(session, user_id)
    if _has_running_attempts(session, membership.team_id):
        raise Refused(
            RefusalCode.TEAM_HAS_ATTEMPTS,
            "Nobody changes team while it has attempts in an open phase.",
        )
    successor = session.scalar(
        select(Membership)
        .where(Membership.team_id == membership.team_id, Membership.id != membership.id)
        .order_by(Membership.id)
        .limit(1)
    )
    if membership.role is Role.CAPTAIN and successor is not None:
        successor.role = Role.CAPTAIN
    session.delete(membership)
    session.commit()


def team_of(session: Session, user_id: int) -> TeamView | None:
    """Return a person's team."""
    row = session.execute(
        select(Team, Membership.role).join(Membership).where(Membership.user_id == user_id)
    ).one_or_none()
    if row is None:
        return None
    team, role = row
    members = session.execute(
        select(User.name, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.team_id == team.id)
        .order_by(Membership.id)
    )
    return TeamView(
        id=team.id,
        public_id=team.public_id,
        name=team.name,
        join_code=team.join_code,
        role=role,
        members=tuple(MemberView(name, member_role) for name, member_role in members),
        is_organisers=team.is_organisers,
    )


def renew_join_code(session: Session, *, user_id: int) -> TeamView:
    """Give the team a new join code; the old one no longer works."""
    membership = require_membership(session, user_id)
    require_captain(membership)
    session.get_one(Team, membership.team_id).join_code = new_public_id("join")
    session.commit()
    return _require_view(session, user_id)


def require_membership(session: Session, user_id: int) -> Membership:
    """Return a person's place in a team, or refuse."""
    membership = session.scalar(select(Membership).where(Membership.user_id == user_id))
    if membership is None:
        raise Refused(RefusalCode.NO_TEAM, "Found or join a team first.")
    return membership


def require_captain(membership: Membership) -> None:
    """Refuse a member who is not the captain."""
    if membership.role is not Role.CAPTAIN:
        raise Refused(RefusalCode.FORBIDDEN, "Only the team's captain may do this.")


def _require_no_team(session: Session, user_id: int) -> None:
    if session.scalar(select(Membership.id).where(Membership.user_id == user_id)) is not None:
        raise Refused(RefusalCode.ALREADY_IN_TEAM, "You are in a team already.")


def _require_free_name(session: Session, name: str) -> None:
    if session.scalar(select(Team.id).where(Team.name_skeleton == skeleton(name))) is not None:
        raise Refused(
            RefusalCode.TEAM_NAME_TAKEN,
            "There is a team with this name, or one that looks like it.",
            field="name",
        )


def _commit_membership(session: Session, team: Team, user_id: int, role: Role) -> None:
    name = team.name
    try:
        session.flush()
        session.add(Membership(team_id=team.id, user_id=user_id, role=role))
        session.commit()
    except IntegrityError:  # another request was faster: refuse for membership or for the name
        session.rollback()
        _require_no_team(session, user_id)
        _require_free_name(session, name)
        raise


def _require_view(session: Session, user_id: int) -> TeamView:
    view = team_of(session, user_id)
    if view is None:
        raise Refused(RefusalCode.NO_TEAM, "Found or join a team first.")
    return view


def _has_running_attempts(session: Session, team_id: int) -> bool:
    now = read_clock(session)
    entered = select(Submission.phase_id).where(
        Submission.team_id == team_id, Submission.state != SubmissionState.REJECTED
    )
    phases = session.scalars(select(Phase).where(Phase.id.in_(entered)))
    return any(phase_state(row, now) is not PhaseState.CLOSED for row in phases)
