"""API tokens: shown once, kept as a hash, with scopes, an end, and a way to take them back."""

import re
import zlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from webapp.database.engine import database_now
from webapp.database.models import ApiToken, Scope, User
from webapp.errors import RefusalCode, Refused
from webapp.services.people.accounts import NOTED_AFTER_SECONDS, UserView, user
from webapp.services.people.teams import TeamView, team_of
from webapp.services.phases.method_cards import clean_text
from webapp.services.records.identifiers import base62, new_secret, secret_sha256

PREFIX = "cam_"
CHECKSUM_LENGTH = 6
HINT_LENGTH = 10
NAME_LENGTH = 80
LONGEST_DAYS = 365
DEFAULT_DAYS = 90

_FORM = re.compile(rf"{PREFIX}([0-9A-Za-z]{{43}})([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})")


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Who speaks through a token, for which team, and what it allows.

    ``is_use_due`` when the token's last use should be noted.
    """

    token_id: int
    user: UserView
    team: TeamView | None
    scopes: frozenset[Scope]
    is_use_due: bool


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as its owner sees it in a list; never the token itself."""

    id: int
    name: str
    hint: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    is_active: bool


def create_token(
    session: Session,
    *,
    user_id: int,
    name: str,
    scopes: frozenset[Scope],
    days: int = DEFAULT_DAYS,
) -> str:
    """Make a token and return it; this is the only time that anyone sees it."""
    _check_request(scopes, days)
    owner = user(session, user_id)
    if Scope.ORGANISE in scopes and not owner.is_organiser:
        raise Refused(RefusalCode.FORBIDDEN, "Only organisers have this scope.", field="scopes")
    secret = new_secret()
    token = f"{PREFIX}{secret}{_checksum(secret)}"
    session.add(
        ApiToken(
            user_id=user_id,
            name=clean_text(name, "name", NAME_LENGTH),
            token_sha256=secret_sha256(token),
            hint=token[:HINT_LENGTH],
            scopes=" ".join(sorted(scopes)),
            expires_at=database_now(days * 86_400.0),
        )
    )
    session.commit()
    return token


def holder_of_token(session: Session, token: str) -> TokenHolder | None:
    """Return who holds a token that is well formed, known, not expired and not revoked.

    Nothing is written.
    """
    form = _FORM.fullmatch(token)
    if form is None or _checksum(form[1]) != form[2]:
        return None
    row = session.execute(
        select(ApiToken.id, ApiToken.user_id, ApiToken.scopes, _is_use_due().label("is_use_due"))
        .join(User, User.id == ApiToken.user_id)
        .where(
            ApiToken.token_sha256 == secret_sha256(token),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > database_now(),
            ~User.is_disabled,
        )
    ).one_or_none()
    if row is None:
        return None
    return TokenHolder(
        token_id=row.id,
        user=user(session, row.user_id),
        team=team_of(session, row.user_id),
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        is_use_due=bool(row.is_use_due),
    )


def note_use(session: Session, token_id: int) -> None:
    """Write that a token was used, unless that was written lately."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, _is_use_due())
        .values(last_used_at=database_now())
    )
    session.commit()


def list_tokens(session: Session, user_id: int) -> list[TokenView]:
    """Return a person's tokens, the newest first."""
    rows = session.execute(
        select(
            ApiToken,
            ApiToken.revoked_at.is_(None) & (ApiToken.expires_at > database_now()),
        )
        .where(ApiToken.user_id == user_id)
        .order_by(ApiToken.id.desc())
    )
    return [
        TokenView(
            id=row.id,
            name=row.name,
            hint=row.hint,
            scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            is_active=bool(is_active),
        )
        for row, is_active in rows
    ]


def revoke_token(session: Session, *, user_id: int, token_id: int) -> None:
    """Take a token back; a second time changes nothing."""
    found = session.scalar(
        select(ApiToken.id).where(ApiToken.id == token_id, ApiToken.user_id == user_id)
    )
    if found is None:
        raise Refused(RefusalCode.NOT_FOUND, "There is no such token.")
    session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=database_now())
    )
    session.commit()


def _check_request(scopes: frozenset[Scope], days: int) -> None:
    if not scopes:
        raise Refused(RefusalCode.INVALID_FIELD, "Choose at least one scope.", field="scopes")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(
            RefusalCode.INVALID_FIELD, f"A token lives 1 to {LONGEST_DAYS} days.", field="days"
        )


def _checksum(secret: str) -> str:
    """Return six digits by which a mistyped or cut token is told without the database."""
    return base62(zlib.crc32(secret.encode()), CHECKSUM_LENGTH)


def _is_use_due() -> ColumnElement[bool]:
    return or_(
        ApiToken.last_used_at.is_(None),
        ApiToken.last_used_at < database_now(-NOTED_AFTER_SECONDS),
    )
