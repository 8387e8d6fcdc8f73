"""A leaderboard as CSV that no spreadsheet program takes for formulas."""

import csv
import io

from webapp.services.leaderboard import BoardRow, Standings

COLUMNS = ("rank", "team", "method", "score", "submission", "submitted_at", "attempts", "badges")

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""First characters after which spreadsheets calculate (OWASP, CSV injection)."""


def board_csv(standings: Standings) -> str:
    """Write the rows of a board as they are shown."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in standings.rows:
        writer.writerow(_cells(row, standings.decimals))
    return text.getvalue()


def neutral(text: str) -> str:
    """Return a text that a spreadsheet shows instead of running it."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_SIGNS) else text


def _cells(row: BoardRow, decimals: int | None) -> list[str]:
    return [
        "" if row.rank is None else str(row.rank),
        neutral(row.team),
        neutral(row.method),
        "" if row.score is None else f"{row.score:.{decimals or 0}f}",
        row.submission,
        f"{row.submitted_at:%Y-%m-%dT%H:%M:%SZ}",
        str(row.attempts),
        " ".join(row.badges),
    ]
