"""Sets up what the clients of a soak use: teams with tokens, and files with known results."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np

from tests.faults.tiny_phase import DETECTIONS, add_phase, build_truth, offline_result
from webapp.database.models import Scope
from webapp.processes.home import Home
from webapp.runtime import Runtime
from webapp.services.people import accounts, teams, tokens

TEAMS = 6
MEMBERS = 4
"""The limit of 300 files an hour counts for each person, so a team needs several."""

_QUOTA = 1_000_000
_EPOCH_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who submits for a team."""

    team_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of file that clients send, in copies that differ in their bytes alone.

    Attributes
    ----------
    expected : str or None
        The result that each copy must get, byte for byte; None where it must be rejected.
    """

    name: str
    members: Mapping[str, str | bytes]
    expected: str | None = None

    def copy(self, number: int) -> bytes:
        """Return a copy that no other number gives: its members' dates differ."""
        if not self.members:
            return b"this is no archive %d" % number
        target = BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.members.items():
                archive.writestr(zipfile.ZipInfo(name, _date(number)), content)
        return target.getvalue()


@dataclass(frozen=True, slots=True)
class Contest:
    """Who takes part, with which files."""

    members: tuple[Member, ...]
    entries: Mapping[str, Entry]

    @property
    def expected(self) -> dict[str, str | None]:
        """Return the result that each entry must get, by its name."""
        return {name: entry.expected for name, entry in self.entries.items()}

    @property
    def valid(self) -> tuple[Entry, ...]:
        """Return the entries that must be scored."""
        return tuple(entry for entry in self.entries.values() if entry.expected is not None)

    @property
    def invalid(self) -> tuple[Entry, ...]:
        """Return the entries that must be rejected."""
        return tuple(entry for entry in self.entries.values() if entry.expected is None)


def set_up(folder: Path, home: Home, runtime: Runtime) -> Contest:
    """Add truth, phase, teams and tokens to a service, and score the files offline."""
    version = build_truth(folder / "source", home.truth)
    truth = runtime.load_truth(version)
    phase = add_phase(runtime, truth, _QUOTA)
    entries = {}
    for name, members in _valid_files().items():
        path = folder / f"{name}.zip"
        path.write_bytes(Entry(name, members).copy(0))
        entries[name] = Entry(name, members, offline_result(path, truth, phase))
    for name, members in _invalid_files().items():
        entries[name] = Entry(name, members)
    found = [member for number in range(TEAMS) for member in _team(runtime, number)]
    return Contest(tuple(found), entries)


def _team(runtime: Runtime, number: int) -> list[Member]:
    found: list[Member] = []
    join_code = ""
    with runtime.session() as session:
        for place in range(MEMBERS):
            user = accounts.register(
                session,
                email=f"person-{number}-{place}@example.org",
                name=f"Person {number} {place}",
                password="a long and unusual phrase",
            )
            if place:
                team = teams.join_team(session, user_id=user.id, join_code=join_code)
            else:
                team = teams.create_team(session, user_id=user.id, name=f"Team {number}")
            join_code = team.join_code
            scopes = frozenset({Scope.SUBMIT, Scope.READ})
            token = tokens.create_token(session, user_id=user.id, name="soak", scopes=scopes)
            found.append(Member(team.id, token))
    return found


def _valid_files() -> dict[str, Mapping[str, str | bytes]]:
    few = {**DETECTIONS, "test_001.csv": "0.5,1700,1700\n"}
    many = {**DETECTIONS, "test_003.csv": "".join(f"0.{n},{n},{n}\n" for n in range(100, 600))}
    none = dict.fromkeys(DETECTIONS, "")
    return {"detections": DETECTIONS, "few": few, "many": many, "none": none, "heatmaps": _maps()}


def _maps() -> dict[str, str | bytes]:
    found = np.zeros((256, 256), dtype=np.uint8)
    found[60:64, 60:64] = 255
    nothing = np.zeros_like(found)
    maps = {"test_001": found, "test_002": nothing, "test_003": nothing, "test_004": nothing}
    return {f"{slide}.png": bytes(imagecodecs.png_encode(one)) for slide, one in maps.items()}


def _invalid_files() -> dict[str, Mapping[str, str | bytes]]:
    return {
        "outside": {**DETECTIONS, "test_002.csv": "0.8,99999,3300\n"},
        "words": {**DETECTIONS, "test_001.csv": "high,2000,2000\n"},
        "unknown-slide": {**DETECTIONS, "test_999.csv": "0.1,1,1\n"},
        "no-archive": {},
    }


def _date(number: int) -> tuple[int, int, int, int, int, int]:
    """Return the number as a date, which a zip keeps to two seconds."""
    minutes, seconds = divmod(number, 30)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    years, day = divmod(days, 28)
    return (_EPOCH_YEAR + years, 1, 1 + day, hour, minute, 2 * seconds)
