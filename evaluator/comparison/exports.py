"""Writes rankings for other programs: CSV, challengeR's table, and the replicates as NPZ."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np

from evaluator.comparison.ranking import Ranking
from evaluator.metrics.staging import STAGES
from evaluator.results import JsonObject, Result, SavedResult
from ground_truth.types import Kind

TUMOUR = "tumour"
RANKING_COLUMNS = (
    "rank",
    "best_rank",
    "worst_rank",
    "name",
    "score",
    "interval_low",
    "interval_high",
    "interval_method",
)


def ranking_csv(ranking: Ranking) -> str:
    """Write the rows of a ranking; cells of values that do not exist are empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(RANKING_COLUMNS)
    for row in ranking.rows:
        best, worst = row.rank_set or ("", "")
        interval = row.interval
        ends = (
            ("", "", "")
            if interval is None
            else (
                interval["low"],
                interval["high"],
                interval["method"],
            )
        )
        rank = "" if row.rank is None else row.rank
        score = "" if row.score is None else f"{row.score:.6f}"
        writer.writerow([rank, best, worst, row.name, score, *ends])
    return text.getvalue()


def challenger_csv(saved: Sequence[SavedResult]) -> str:
    """Write one value for each algorithm and case, as challengeR reads them.

    Detection scores and kappa belong to a whole set and have no value a case. In their place stand
    the share of a tumour slide's lesions that were found (higher is better), the distance of a
    slide's confidence from its label, and the number of stages between submission and reference
    (lower is better).
    """
    import pandas as pd  # takes long to import; only this export needs it

    rows = [
        (str(one.result.kind), case, one.name, value)
        for one in saved
        for case, value in _case_values(one.result)
    ]
    table = pd.DataFrame(rows, columns=["task", "case", "algorithm", "value"])
    return table.to_csv(index=False, lineterminator="\n")


def replicates_npz(saved: Sequence[SavedResult]) -> bytes:
    """Write the scores on all resamples: ``scores`` (n_results, n_resamples) beside ``names``.

    Raises
    ------
    ValueError
        When a result has no replicates.
    """
    missing = [one.name for one in saved if one.replicates is None]
    if missing or not saved:
        raise ValueError(f"no replicates beside {', '.join(missing) or 'any result'}")
    file = io.BytesIO()
    np.savez(
        file,
        allow_pickle=False,
        names=np.array([one.name for one in saved]),
        scores=np.stack([one.replicates.score for one in saved if one.replicates is not None]),
    )
    return file.getvalue()


def _case_values(result: Result) -> Iterator[tuple[str, float]]:
    for name in sorted(result.case):
        outcome = cast("JsonObject", result.case[name])
        match result.kind:
            case Kind.LESIONS:
                lesions = cast("list[JsonObject]", outcome["lesions"])
                if lesions:
                    found = sum(lesion["confidence"] is not None for lesion in lesions)
                    yield name, found / len(lesions)
            case Kind.SLIDES:
                label = 1.0 if outcome["label"] == TUMOUR else 0.0
                yield name, abs(label - float(cast("float", outcome["confidence"])))
            case Kind.STAGING:
                stages = [STAGES.index(str(outcome[side])) for side in ("stage", "reference")]
                yield name, float(abs(stages[0] - stages[1]))
