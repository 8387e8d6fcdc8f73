"""Keeps the demonstration's accounts in its home for the next start."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from webapp.processes.home import write_private

FILE_NAME = "demo.json"

_PASSWORD_BYTES = 12
"""Sixteen characters: longer than the minimum, and short enough to type from a screen."""


class DemoError(Exception):
    """The demonstration cannot be made or continued; its text is for the person who started it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who can sign in, and what the home shows.

    Attributes
    ----------
    token : str
        The participant's API token, empty until there is one.
    source : str
        ``synthetic``, or the folder of the data set.
    is_seeded : bool
        True once every team's submissions were scored.
    """

    organiser_email: str
    organiser_password: str
    participant_email: str
    participant_password: str
    source: str
    token: str = ""
    is_seeded: bool = False


def draw_credentials(source: str) -> Credentials:
    """Draw passwords for a new home."""
    return Credentials(
        organiser_email="organiser@demo.example",
        organiser_password=secrets.token_urlsafe(_PASSWORD_BYTES),
        participant_email="participant@demo.example",
        participant_password=secrets.token_urlsafe(_PASSWORD_BYTES),
        source=source,
    )


def load_credentials(home: Path) -> Credentials | None:
    """Return the credentials that an earlier start saved in a home; None in a new home.

    Raises
    ------
    DemoError
        When the file is damaged.
    """
    path = home / FILE_NAME
    try:
        return Credentials(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, TypeError, ValueError) as error:
        raise DemoError(f"{path} cannot be read: {error}") from error


def save_credentials(home: Path, credentials: Credentials) -> None:
    """Save credentials in a file that only the home's owner can read."""
    write_private(home / FILE_NAME, json.dumps(asdict(credentials), indent=1) + "\n")
