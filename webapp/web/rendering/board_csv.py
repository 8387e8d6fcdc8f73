"""Writes a leaderboard as CSV in which no spreadsheet program finds a formula."""

import csv
import io
import re

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

_SEPARATOR = re.compile(r"(?<=[,;\t])")
_SKIPPED = '"' + "".join(filter(str.isspace, map(chr, range(0x3001))))
"""Quotes and white space, which a spreadsheet may drop before it looks at the first character."""


def board_csv(standings: Standings) -> str:
    """Write the rows of a board as they are shown."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(BOARD_COLUMNS)
    for row in standings.rows:
        writer.writerow([*_cells(row, standings.decimals), *_score_origin(standings.phase)])
    return text.getvalue()


def escape_formula(text: str) -> str:
    """Return a text that a spreadsheet shows instead of running it as a formula.

    A spreadsheet that takes `;` or a tab for the separator finds further cells inside the text, and
    one that knows no quotes finds them after commas: what follows these is treated like the start.
    Texts hold no control characters (`clean_card`).
    """
    pieces = _SEPARATOR.split(text)
    return "".join(f"'{piece}" if _starts_formula(piece) else piece for piece in pieces)


def _starts_formula(piece: str) -> bool:
    return piece.startswith(_FORMULA_SIGNS) or piece.lstrip(_SKIPPED).startswith(_FORMULA_SIGNS)


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
