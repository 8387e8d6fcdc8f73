"""Plots: plain values in, SVG text and the numbers behind it out; knows no file and no result.

Every function returns a `tables.Plot`: the picture and the table that says the same in numbers.

| module | what it draws |
|---|---|
| `froc_plot` | FROC curves with bands, operating points and reference points |
| `roc_plot` | ROC curves with the area and its interval |
| `confusion_plot`, `kappa_plot` | a confusion matrix, and what each cell costs in kappa |
| `forest_plot` | scores with intervals, and the small form for a leaderboard's row |
| `size_and_centre_plot` | sensitivity by lesion size, scores by centre |
| `comparison_plot` | difference of two FROC curves, stages from one submission to another |
| `blob_plot` | how often resamples gave each rank |
| `significance_map` | which submissions can be told apart |
"""

__all__ = [
    "axes",
    "blob_plot",
    "comparison_plot",
    "confusion_plot",
    "estimates",
    "forest_plot",
    "froc_plot",
    "froc_series",
    "kappa_plot",
    "number_text",
    "roc_plot",
    "significance_map",
    "size_and_centre_plot",
    "tables",
]
