from http import HTTPStatus

import pytest

from webapp.http.health import DatabaseFinding, health, readiness
from webapp.services.records.liveness import HeartbeatView

OK, AWAY = HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE


def worker(age_seconds: float) -> HeartbeatView:
    return HeartbeatView("worker@host", "worker", age_seconds)


@pytest.mark.parametrize(
    ("age_seconds", "status", "word"),
    [(0.0, OK, "ok"), (5.9, OK, "ok"), (6.1, AWAY, "database away"), (None, AWAY, "database away")],
)
def test_health_is_the_age_of_the_last_good_look(
    age_seconds: float | None, status: HTTPStatus, word: str
) -> None:
    assert health(DatabaseFinding(age_seconds, ())) == (status, {"status": word})


@pytest.mark.parametrize(
    ("finding", "status", "word"),
    [
        (DatabaseFinding(0.0, (worker(100), worker(19))), OK, "ready"),
        (DatabaseFinding(0.0, (worker(21),)), AWAY, "no work is done"),
        (DatabaseFinding(0.0, (HeartbeatView("beat", "beat", 0),)), AWAY, "no work is done"),
        (DatabaseFinding(0.0, ()), AWAY, "no work is done"),
        (DatabaseFinding(7.0, (worker(0),)), AWAY, "database away"),
    ],
)
def test_ready_is_whoever_has_a_database_and_a_worker(
    finding: DatabaseFinding, status: HTTPStatus, word: str
) -> None:
    assert readiness(finding) == (status, {"status": word})
