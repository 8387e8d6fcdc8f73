"""Ranks scores "1224": ties share the best rank, and the next one skips ahead."""

from collections.abc import Sequence
from datetime import datetime


def round_for_display(score: float, decimals: int) -> float:
    """Round a score as it is shown; ranks compare this value."""
    return round(score, decimals)


def ranks(scores: Sequence[float | None], decimals: int = 4) -> tuple[int | None, ...]:
    """Rank scores, 1 for the highest, on their shown value.

    Parameters
    ----------
    scores : sequence of float or None, shape (n,)
        None where there is no score: such a row gets no rank, not the last one.
    decimals : int
        Decimals on which scores are compared.

    Returns
    -------
    tuple of int or None, shape (n,)
        In the order of `scores`.
    """
    rounded = [None if score is None else round_for_display(score, decimals) for score in scores]
    rank_of: dict[float, int] = {}
    for place, value in enumerate(
        sorted((value for value in rounded if value is not None), reverse=True), start=1
    ):
        rank_of.setdefault(value, place)
    return tuple(None if value is None else rank_of[value] for value in rounded)


def listing_order(
    scores: Sequence[float | None], submitted_at: Sequence[datetime], decimals: int = 4
) -> tuple[int, ...]:
    """Return the indices of rows as a board lists them, shape (n,).

    By rank; inside a tie, and among rows without a rank, the earlier submission comes first.

    Raises
    ------
    ValueError
        When the sequences differ in length.
    """
    if len(scores) != len(submitted_at):
        raise ValueError(f"{len(scores)} scores but {len(submitted_at)} times")
    rank = ranks(scores, decimals)
    unranked = len(scores) + 1
    return tuple(
        sorted(range(len(scores)), key=lambda row: (rank[row] or unranked, submitted_at[row]))
    )
