"""Says of a web process whether it lives, and whether it is ready to take work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from webapp.services.records.liveness import HeartbeatView, is_work_done
from webapp.services.records.slots import STUCK_SECONDS

AWAY_SECONDS = 6.0
"""A database that has not answered for this long is away: some looks, each with its time-out."""

Answer = tuple[HTTPStatus, dict[str, str]]


@dataclass(frozen=True, slots=True)
class DatabaseFinding:
    """What was last found of the database.

    Attributes
    ----------
    age_seconds : float or None
        Since it last answered; None if it never has.
    heartbeats : tuple of HeartbeatView
        The last that were read, aged until now.
    """

    age_seconds: float | None
    heartbeats: tuple[HeartbeatView, ...]

    @property
    def is_away(self) -> bool:
        """Tell whether the database counts as lost."""
        return self.age_seconds is None or self.age_seconds > AWAY_SECONDS


def health(finding: DatabaseFinding) -> Answer:
    """Answer 200 if this process and the database answer, 503 if only this process does."""
    if finding.is_away:
        return HTTPStatus.SERVICE_UNAVAILABLE, {"status": "database away"}
    return HTTPStatus.OK, {"status": "ok"}


def readiness(finding: DatabaseFinding) -> Answer:
    """Answer 200 if what is handed in will be worked on, and nothing else."""
    if finding.is_away:
        return HTTPStatus.SERVICE_UNAVAILABLE, {"status": "database away"}
    if not is_work_done(finding.heartbeats, STUCK_SECONDS):
        return HTTPStatus.SERVICE_UNAVAILABLE, {"status": "no work is done"}
    return HTTPStatus.OK, {"status": "ready"}


ANSWERS: Mapping[str, Callable[[DatabaseFinding], Answer]] = {
    "/healthz": health,
    "/readyz": readiness,
}
"""By address; the web server answers these itself."""
