"""Checks how pages write times, sizes and figures."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.web.rendering.formats import time_left

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(days=9, hours=23), "9 days"),
        (timedelta(days=1, hours=23), "47 hours"),
        (timedelta(hours=1, minutes=59), "119 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=30), "0 minutes"),
        (timedelta(hours=-1), "0 minutes"),
    ],
)
def test_what_is_left_is_never_more_than_it_is(ahead: timedelta, words: str) -> None:
    assert time_left(datetime.now(UTC) + ahead + SECOND) == words
