"""Writes a leaderboard as CSV in which no spreadsheet program finds a formula."""

import csv
import io

from evaluator.results import PROTOCOLS
from webapp.services.boards.leaderboard import BoardRow, Standings
from webapp.services.phases.challenges import PhaseView

BOARD_COLUMNS = (
    "rank",
    "best_rank",
    "worst_rank",
    "team",
    "method",
    "score",
    "interval_low",
    "interval_high",
    "submission",
    "submitted_at",
    "attempts",
    "badges",
    "protocol",
    "scoring",
    "truth_version",
)

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")  # noqa: RUF001 - the full-width forms
"""First characters by which spreadsheets know a formula (OWASP, CSV injection)."""


def board_csv(standings: Standings) -> str:
    """Write the rows of a board as they are shown."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(BOARD_COLUMNS)
    for row in standings.rows:
        writer.writerow([*_cells(row, standings.decimals), *_score_origin(standings.phase)])
    return text.getvalue()


def escape_formula(text: str) -> str:
    """Return a text that a spreadsheet shows instead of running it as a formula."""
    is_formula = text.startswith(_FORMULA_SIGNS) or text.lstrip().startswith(_FORMULA_SIGNS)
    return f"'{text}" if is_formula else text


def _cells(row: BoardRow, decimals: int | None) -> list[str]:
    best, worst = (None, None) if row.rank_set is None else row.rank_set
    low, high = (None, None) if row.interval is None else row.interval
    return [
        _whole_number_cell(row.rank),
        _whole_number_cell(best),
        _whole_number_cell(worst),
        escape_formula(row.team),
        escape_formula(row.method),
        _decimal_cell(row.score, decimals),
        _decimal_cell(low, decimals),
        _decimal_cell(high, decimals),
        row.submission,
        f"{row.submitted_at:%Y-%m-%dT%H:%M:%SZ}",
        str(row.attempts),
        " ".join(row.badges),
    ]


def _score_origin(phase: PhaseView) -> tuple[str, str, str]:
    """Return protocol, scoring and truth version, so that a copied row still names them."""
    return PROTOCOLS[phase.kind], phase.scoring, phase.truth_version


def _whole_number_cell(number: int | None) -> str:
    return "" if number is None else str(number)


def _decimal_cell(value: float | None, decimals: int | None) -> str:
    return "" if value is None else f"{value:.{decimals or 0}f}"
