"""Makes opaque random names: public ids, tokens, secrets."""

import hashlib
import secrets
import string

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase

PUBLIC_ID_BITS = 96
"""Too many values to guess, and short enough to read aloud."""

SECRET_BITS = 256


def new_public_id(prefix: str) -> str:
    """Return an id such as ``sub_4fT…``, which reveals only what kind of thing it names."""
    return f"{prefix}_{base62(secrets.randbits(PUBLIC_ID_BITS), 17)}"


def new_secret() -> str:
    """Return 256 random bits as 43 letters and digits."""
    return base62(secrets.randbits(SECRET_BITS), 43)


def new_lease_token() -> str:
    """Return the fencing token of one claim."""
    return secrets.token_hex(16)


def secret_sha256(secret: str) -> str:
    """Hash a random secret for storage; it has too much entropy to need a slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def base62(number: int, length: int) -> str:
    """Write a number in base 62, padded with zeros to a length."""
    digits = []
    while number:
        number, digit = divmod(number, len(BASE62))
        digits.append(BASE62[digit])
    return "".join(reversed(digits)).rjust(length, BASE62[0])
