"""Which submissions can be told apart, from p-values adjusted for all comparisons."""

from collections.abc import Sequence

from evaluator.metrics.comparison import PairwiseTests
from evaluator.plots.tables import Plot

ALPHA = 0.05


def significance_map(
    labels: Sequence[str],
    ranks: Sequence[int],
    tests: PairwiseTests,
    prefix: str,
    note: str = "",
) -> Plot:
    """Draw."""
    raise NotImplementedError
