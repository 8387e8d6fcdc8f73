"""Draws one small plot of every kind, for tests that hold for all of them."""

import numpy as np

from evaluator.metrics.comparison import PairwiseTests
from evaluator.metrics.intervals import Reason, Undefined
from evaluator.metrics.rank_frequencies import RankFrequencies
from evaluator.plots.blob_plot import blob_plot
from evaluator.plots.comparison_plot import DifferenceCurve, difference_plot, from_to_plot
from evaluator.plots.confusion_plot import confusion_plot
from evaluator.plots.estimates import Estimate
from evaluator.plots.forest_plot import ForestRow, forest_plot
from evaluator.plots.froc_plot import Band, FrocSeries, SlideSet, froc_plot
from evaluator.plots.kappa_plot import kappa_cost_plot
from evaluator.plots.roc_plot import RocSeries, roc_plot
from evaluator.plots.significance_map import significance_map
from evaluator.plots.size_and_centre_plot import CentreRow, FoundRow, centre_plot, found_plot
from evaluator.plots.tables import Plot

STAGES = ("pN0", "pN0(i+)", "pN1mi", "pN1", "pN2")
COUNTS = np.array(
    [[20, 2, 1, 0, 0], [3, 4, 3, 1, 0], [1, 2, 12, 3, 0], [0, 0, 2, 22, 4], [0, 0, 0, 3, 17]]
)
"""100 patients; quadratic kappa 0.919943489522 (R's vcd, statsmodels, scikit-learn agree)."""
TESTING = SlideSet("testing", n_slides=128, n_lesions=226)


def froc_series(name: str) -> FrocSeries:
    """Return a curve of three points with a band from 0 to 1."""
    band = Band(np.array([0.0, 8.0]), np.array([0.0, 0.4]), np.array([0.2, 1.0]))
    return FrocSeries(name, np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.5, 1.0]), band)


def every_plot(name: str, note: str = "") -> dict[str, Plot]:
    """Return plots of one submission, named as given, among others."""
    both = np.array([0.0, 0.5, 1.0])
    estimate = Estimate(0.8, 0.7, 0.9)
    difference = DifferenceCurve(
        name, "B", np.array([0.0, 8.0]), np.array([0.1, 0.2]), np.array([-0.1, 0.0]), both[1:] / 2
    )
    frequencies = RankFrequencies(
        np.array([[3, 1], [1, 3]]), 4, Undefined(Reason.NO_UNITS), n_undefined=0
    )
    pairs = PairwiseTests(
        np.array([0]), np.array([1]), np.array([0.2]), np.array([0.03]), n_undefined=0
    )
    names = (name, "B")
    return {
        "froc": froc_plot([froc_series(name)], TESTING, "p", note=note),
        "roc": roc_plot([RocSeries(name, both, both, estimate)], 49, 80, "p", note),
        "confusion": confusion_plot(COUNTS, STAGES, "patients", "p", note),
        "kappa": kappa_cost_plot(COUNTS, STAGES, "patients", "p", note),
        "forest": forest_plot([ForestRow(name, estimate)], "FROC score", "p", note),
        "found": found_plot([FoundRow(name, 7, 10, 0.397, 0.892)], "size", "p", note),
        "centre": centre_plot([CentreRow(name, 20, estimate)], "Kappa", "patients", "p", note),
        "difference": difference_plot(difference, "p", note),
        "from_to": from_to_plot(COUNTS, STAGES, names, "patients", "p", note),
        "blob": blob_plot(names, (1, 2), frequencies, "p", note),
        "significance": significance_map(names, (1, 2), pairs, "p", note),
    }
