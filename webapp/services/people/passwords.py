"""Checks new passwords, and hashes them with argon2id, a few at a time."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from webapp.errors import RefusalCode, Refused
from webapp.services.people.common_passwords import COMMON_PASSWORDS

MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 128
"""Above the 64 of ASVS 5.0 V6.2; bounds the work that a sign-in can cause."""

# OWASP's lowest argon2id setting: 19 MiB, two passes, one lane. Four at a time need 76 MiB; a
# hundred sign-ins at argon2-cffi's own default would take 6.4 GiB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_HASHING_SLOTS = BoundedSemaphore(4)


def hash_password(password: str) -> str:
    """Hash a new password, or refuse one that is too short, too long or too common."""
    _check(password)
    with _HASHING_SLOTS:
        return _HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Compare a password with a hash; without a hash do the same work and return False."""
    with _HASHING_SLOTS:
        try:
            _HASHER.verify(
                password_hash or _UNKNOWN_ACCOUNT_HASH, password[: MAX_PASSWORD_LENGTH + 1]
            )
        except (Argon2Error, InvalidHashError):
            return False
    return password_hash is not None


def _check(password: str) -> None:
    if len(password) < MIN_PASSWORD_LENGTH:
        raise Refused(
            RefusalCode.PASSWORD_TOO_SHORT,
            f"A password has at least {MIN_PASSWORD_LENGTH} characters.",
            field="password",
        )
    if len(password) > MAX_PASSWORD_LENGTH:
        raise Refused(
            RefusalCode.PASSWORD_TOO_LONG,
            f"A password has at most {MAX_PASSWORD_LENGTH} characters.",
            field="password",
        )
    if password.casefold() in COMMON_PASSWORDS or len(set(password)) == 1:
        raise Refused(
            RefusalCode.PASSWORD_TOO_COMMON,
            "This password is among the first that anyone would try.",
            field="password",
        )


_UNKNOWN_ACCOUNT_HASH = _HASHER.hash("the hash that unknown accounts are compared with")
