"""Accounts and signed-in browsers."""

import re
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.database.engine import database_now, rows_changed
from webapp.database.models import User, WebSession
from webapp.errors import RefusalCode, Refused
from webapp.services.people.passwords import hash_password, is_password
from webapp.services.phases.method_cards import clean_text, is_unprintable
from webapp.services.records.identifiers import new_secret, secret_sha256

EMAIL_LENGTH = 320
"""64 for the local part, @, 255 for the domain (RFC 5321); longer ones have stopped servers."""

NAME_LENGTH = 80
IDLE_SECONDS = 2 * 3600
"""ASVS 5.0 V7.3: a browser that has been quiet this long must sign in again."""
SESSION_SECONDS = 12 * 3600
ORGANISER_SESSION_SECONDS = 8 * 3600
NOTED_AFTER_SECONDS = 5 * 60
"""A session's or token's last use is written at most this often; being idle is told as coarsely."""

FORGOTTEN_AFTER_SECONDS = 30 * 86_400.0
"""How long the row of a session that has ended is kept."""

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class UserView:
    """A person as the rest of the program knows them."""

    id: int
    email: str
    name: str
    is_organiser: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser's session that goes on; ``is_use_due`` when its last use should be noted."""

    session_id: int
    user: UserView
    is_use_due: bool


def register(session: Session, *, email: str, name: str, password: str) -> UserView:
    """Add a participant's account."""
    return add_user(session, email=email, name=name, password=password, is_organiser=False)


def add_user(
    session: Session, *, email: str, name: str, password: str, is_organiser: bool
) -> UserView:
    """Add an account; the same address again is refused."""
    user = User(
        email=_clean_email(email),
        name=_clean_name(name),
        password_hash=hash_password(password),
        is_organiser=is_organiser,
    )
    try:
        session.add(user)
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise Refused(
            RefusalCode.EMAIL_TAKEN, "There is an account with this address.", field="email"
        ) from error
    return _view(user)


def authenticate(session: Session, *, email: str, password: str) -> UserView | None:
    """Return whose address and password these are; as slow for an unknown address."""
    user = session.scalar(
        select(User).where(User.email == email.strip().casefold(), ~User.is_disabled)
    )
    view = None if user is None else _view(user)
    password_hash = None if user is None else user.password_hash
    session.commit()  # hashing takes its time and must hold no lock of the database
    return view if is_password(password, password_hash) else None


def user(session: Session, user_id: int) -> UserView:
    """Return an account that may be used."""
    row = session.get(User, user_id)
    if row is None or row.is_disabled:
        raise Refused(RefusalCode.NOT_FOUND, "There is no such account.")
    return _view(row)


def start_session(session: Session, user_id: int) -> str:
    """Sign a browser in; return the secret for its cookie, of which only a hash is kept."""
    lifetime = ORGANISER_SESSION_SECONDS if user(session, user_id).is_organiser else SESSION_SECONDS
    secret = new_secret()
    session.add(
        WebSession(
            user_id=user_id,
            secret_sha256=secret_sha256(secret),
            expires_at=database_now(lifetime),
        )
    )
    session.commit()
    return secret


def signed_in(session: Session, secret: str) -> SignedIn | None:
    """Return who is signed in with a cookie's secret; nothing is written."""
    row = session.execute(
        select(WebSession.id, User, WebSession.last_seen_at < database_now(-NOTED_AFTER_SECONDS))
        .join(User, User.id == WebSession.user_id)
        .where(
            WebSession.secret_sha256 == secret_sha256(secret),
            WebSession.revoked_at.is_(None),
            WebSession.expires_at > database_now(),
            WebSession.last_seen_at > database_now(-IDLE_SECONDS),
            ~User.is_disabled,
        )
    ).one_or_none()
    if row is None:
        return None
    session_id, account, is_due = row
    return SignedIn(session_id, _view(account), is_use_due=bool(is_due))


def note_seen(session: Session, session_id: int) -> None:
    """Write that a browser was here, unless that was written lately."""
    session.execute(
        update(WebSession)
        .where(
            WebSession.id == session_id,
            WebSession.last_seen_at < database_now(-NOTED_AFTER_SECONDS),
        )
        .values(last_seen_at=database_now())
    )
    session.commit()


def end_session(session: Session, secret: str) -> None:
    """Sign one browser out; a second time changes nothing."""
    session.execute(
        update(WebSession)
        .where(WebSession.secret_sha256 == secret_sha256(secret), WebSession.revoked_at.is_(None))
        .values(revoked_at=database_now())
    )
    session.commit()


def end_all_sessions(session: Session, user_id: int) -> None:
    """Sign a person out everywhere."""
    session.execute(
        update(WebSession)
        .where(WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
        .values(revoked_at=database_now())
    )
    session.commit()


def forget_old_sessions(session: Session) -> int:
    """Delete rows of sessions that ended a month ago; return how many."""
    month = database_now(-FORGOTTEN_AFTER_SECONDS)
    ended = or_(WebSession.expires_at < month, WebSession.revoked_at < month)
    n_forgotten = rows_changed(session, delete(WebSession).where(ended))
    session.commit()
    return n_forgotten


def _clean_email(email: str) -> str:
    cleaned = email.strip().casefold()
    is_readable = _EMAIL.fullmatch(cleaned) and not any(map(is_unprintable, cleaned))
    if len(cleaned) > EMAIL_LENGTH or not is_readable:
        raise Refused(
            RefusalCode.EMAIL_INVALID, "This does not look like a mail address.", field="email"
        )
    return cleaned


def _clean_name(name: str) -> str:
    cleaned = clean_text(name, "name", NAME_LENGTH)
    if not cleaned:
        raise Refused(RefusalCode.INVALID_FIELD, "A name, please.", field="name")
    return cleaned


def _view(user: User) -> UserView:
    return UserView(user.id, user.email, user.name, user.is_organiser)
