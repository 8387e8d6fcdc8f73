from datetime import UTC, datetime, timedelta

import pytest

from webapp.database.models import Phase
from webapp.services.phases.window import PhaseState, phase_state

OPENS = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLOSES = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE_MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (OPENS - ONE_MICROSECOND, PhaseState.UPCOMING),
        (OPENS, PhaseState.OPEN),
        (CLOSES - ONE_MICROSECOND, PhaseState.OPEN),
        (CLOSES, PhaseState.GRACE),
        (CLOSES + timedelta(minutes=30) - ONE_MICROSECOND, PhaseState.GRACE),
        (CLOSES + timedelta(minutes=30), PhaseState.CLOSED),
    ],
)
def test_a_window_holds_its_start_but_not_its_end(moment: datetime, state: PhaseState) -> None:
    phase = Phase(opens_at=OPENS, closes_at=CLOSES, grace_seconds=1800)

    assert phase_state(phase, moment) is state


def test_a_phase_without_an_end_stays_open() -> None:
    phase = Phase(opens_at=OPENS, closes_at=None, grace_seconds=0)

    assert phase_state(phase, CLOSES) is PhaseState.OPEN
