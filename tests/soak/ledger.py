"""Keeps what clients were promised, in a file that is only appended to."""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class What(StrEnum):
    """What a line of the ledger says about a key."""

    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    BROKEN_OFF = "broken_off"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what happened to a key, by the client's clock in seconds.

    ``public_id`` is empty unless the submission was acknowledged.
    """

    what: What
    at: float
    key: str
    team_id: int
    entry: str
    sha256: str
    public_id: str = ""


class Ledger:
    """Appends lines, each on the disk before the client goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")

    def append(self, line: Line) -> None:
        """Write a line and wait until it is on the disk."""
        with self._lock:
            self._file.write(json.dumps(asdict(line)) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_ledger(path: Path) -> Iterator[Line]:
    """Yield the lines of a ledger, in order."""
    with path.open(encoding="utf-8") as file:
        for text in file:
            record = json.loads(text)
            yield Line(**{**record, "what": What(record["what"])})
