"""Checks the pictures of intervals in a board's rows."""

from dataclasses import replace
from datetime import UTC, datetime

from webapp.services.boards.leaderboard import BoardRow
from webapp.web.rendering.figures import forest_strips

ROW = BoardRow(
    rank=1,
    rank_set=(1, 1),
    team="Team",
    method="",
    score=0.8,
    interval=(0.7, 0.9),
    submission="sub_1",
    submitted_at=datetime(2026, 1, 1, tzinfo=UTC),
    attempts=1,
    badges=(),
    is_own=False,
)


def test_every_row_with_an_interval_has_a_picture_on_the_same_axis() -> None:
    other = replace(ROW, submission="sub_2", score=0.5, interval=(0.4, 0.6))
    without = replace(ROW, submission="sub_3", score=None, interval=None)

    strips = forest_strips((ROW, other, without))

    assert list(strips) == ["sub_1", "sub_2"]
    assert "0.80 [0.70, 0.90]" in strips["sub_1"]
    assert "http://" not in strips["sub_1"]
    assert 'id="strip-0-title"' in strips["sub_1"]
    assert 'id="strip-1-title"' in strips["sub_2"]


def test_without_an_axis_nothing_is_drawn() -> None:
    assert forest_strips(()) == {}
    assert forest_strips((replace(ROW, score=1.0, interval=(1.0, 1.0)),)) == {}
