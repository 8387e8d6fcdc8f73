"""The small picture of score and interval in each row of a board, from the shown numbers alone."""

from markupsafe import Markup

from evaluator.plots.estimates import Estimate
from evaluator.plots.forest_plot import forest_strip
from webapp.services.boards.leaderboard import BoardRow
from webapp.web.rendering.drawings import drawing


def forest_strips(rows: tuple[BoardRow, ...]) -> dict[str, Markup]:
    """Return a picture by submission for the rows that have an interval, all on one axis."""
    bounded = [row for row in rows if row.interval is not None and row.score is not None]
    numbers = [number for row in bounded for number in (*_ends(row), row.score or 0.0)]
    if not numbers or min(numbers) == max(numbers):
        return {}
    axis = min(numbers), max(numbers)
    return {
        row.submission: _strip(Estimate(row.score, *_ends(row)), axis, f"strip-{place}")
        for place, row in enumerate(bounded)
    }


def _strip(estimate: Estimate, axis: tuple[float, float], prefix: str) -> Markup:
    return drawing(forest_strip(estimate, *axis, prefix))


def _ends(row: BoardRow) -> tuple[float, float]:
    return (0.0, 0.0) if row.interval is None else row.interval
