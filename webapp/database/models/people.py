"""Declares users, their browser sessions and API tokens, teams and memberships."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database.engine import Base, Id, database_now, enum_by_value


class Role(StrEnum):
    """What a member may do for the team; a captain may also withdraw and invite."""

    CAPTAIN = "captain"
    MEMBER = "member"


class Scope(StrEnum):
    """What an API token may do."""

    SUBMIT = "submit"
    READ = "read"
    ORGANISE = "organise"


class User(Base):
    """A person who can sign in."""

    __tablename__ = "user_account"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(320), unique=True, comment="trimmed, casefolded")
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(200), comment="argon2id")
    is_organiser: Mapped[bool] = mapped_column(default=False)
    is_disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=database_now())


class WebSession(Base):
    """One signed-in browser; the cookie holds the secret, the row only its hash."""

    __tablename__ = "web_session"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=database_now())
    last_seen_at: Mapped[datetime] = mapped_column(default=database_now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiToken(Base):
    """A bearer token of one user; shown once, kept as a hash."""

    __tablename__ = "api_token"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12), comment="first characters, to tell tokens apart")
    scopes: Mapped[str] = mapped_column(String(80), comment="space-separated Scope values")
    created_at: Mapped[datetime] = mapped_column(default=database_now())
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Team(Base):
    """People who submit together and share a quota."""

    __tablename__ = "team"

    id: Mapped[Id]
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    name_skeleton: Mapped[str] = mapped_column(
        String(80), unique=True, comment="look-alike names share it"
    )
    join_code: Mapped[str] = mapped_column(String(40), unique=True)
    is_organisers: Mapped[bool] = mapped_column(default=False, comment="never eligible for a rank")
    created_at: Mapped[datetime] = mapped_column(default=database_now())


class Membership(Base):
    """A user's membership of a team; one team a user."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id"),)

    id: Mapped[Id]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="RESTRICT"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="RESTRICT"))
    role: Mapped[Role] = mapped_column(enum_by_value(Role))
    joined_at: Mapped[datetime] = mapped_column(default=database_now())
