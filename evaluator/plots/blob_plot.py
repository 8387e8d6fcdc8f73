"""How often resamples gave each submission each rank: frequencies, not confidence."""

from collections.abc import Sequence

from evaluator.metrics.rank_frequencies import RankFrequencies
from evaluator.plots.tables import Plot


def blob_plot(
    labels: Sequence[str],
    ranks: Sequence[int],
    frequencies: RankFrequencies,
    prefix: str,
    note: str = "",
) -> Plot:
    """Draw."""
    raise NotImplementedError
