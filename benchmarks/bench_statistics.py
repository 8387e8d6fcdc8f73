"""Measures the statistics of every score, beside loops over scikit-learn where these are usual.

The loops are run for a few hundred resamples and extrapolated to all; their lines say so. Exits
with 1 where a limit is broken.

    python -m benchmarks.bench_statistics
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import tracemalloc
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from benchmarks.judging import Figure, judge
from benchmarks.timing import Peer, Work, against_peer, against_yardstick
from evaluator.metrics.auc_bootstrap import auc_replicates
from evaluator.metrics.froc_bootstrap import froc_replicates
from evaluator.metrics.kappa_bootstrap import kappa_replicates
from evaluator.metrics.matched_record import MatchedRecord
from evaluator.metrics.rank_frequencies import rank_frequencies
from evaluator.metrics.rank_sets import rank_sets
from evaluator.metrics.resampling import RESAMPLES, ResampleMatrix, resample_matrix

LOOPED = 300
"""Resamples that the scikit-learn loops run; the rest is extrapolated."""
LEAST_TIMES_KAPPA = 3300
LEAST_TIMES_AUC = 2100
MOST_REPLICATES = {129_000: 1.05, 500_000: 1.1}
"""Yardsticks of all replicates of FROC, by detections in all."""
MOST_RANK_SETS = {100: 2.5, 500: 24.0}
"""Yardsticks, by teams."""
MOST_RANK_FREQUENCIES = 2.2
MOST_DRAWING = 0.35
RANK_SETS_MIB = 100


def main() -> None:
    """Measure everything and hold it against the limits."""
    judge(_figures(np.random.default_rng(1)))


def _figures(generator: np.random.Generator) -> Iterator[Figure]:
    yield from _ranks(generator)
    slides = _matrix("lesions", 129, 49)
    for n_detections, most in MOST_REPLICATES.items():
        yield _froc(generator, slides, n_detections, most)
    yield _kappa(generator, _matrix("staging", 100, 100))
    yield _auc(generator, _matrix("slides", 129, 49))
    what = "resample matrix of 129 slides"
    yield against_yardstick(what, lambda: _matrix("lesions", 129, 49), MOST_DRAWING)


def _ranks(generator: np.random.Generator) -> Iterator[Figure]:
    for n_teams, most in MOST_RANK_SETS.items():
        scores, replicates = _board(generator, n_teams)
        yield against_yardstick(
            f"rank sets of {n_teams} teams",
            lambda: rank_sets(scores, replicates),  # noqa: B023 - timed before the next
            most,
        )
    scores, replicates = _board(generator, 100)
    more_mib = _allocated_mib(lambda: rank_sets(scores, replicates))
    yield Figure("rank sets of 100 teams, memory more", more_mib, "MiB", RANK_SETS_MIB)
    yield against_yardstick(
        "rank frequencies and tau of 100 teams",
        lambda: rank_frequencies(scores, replicates),
        MOST_RANK_FREQUENCIES,
    )


def _board(generator: np.random.Generator, n_teams: int) -> tuple[list[float], NDArray[np.float64]]:
    scores = generator.normal(0.7, 0.1, n_teams)
    shared = generator.normal(0, 0.03, RESAMPLES)
    own = generator.normal(0, 0.03, (n_teams, RESAMPLES))
    return scores.tolist(), scores[:, np.newaxis] + own + shared


def _allocated_mib(work: Work) -> float:
    """Return the most memory held at once beyond what there was; arrays are traced too."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


def _matrix(kind: str, n_units: int, n_tumour: int) -> ResampleMatrix:
    names = [f"unit_{number:03}" for number in range(n_units)]
    strata = ["tumour"] * n_tumour + ["normal"] * (n_units - n_tumour)
    return resample_matrix(kind, names, strata)


def _froc(
    generator: np.random.Generator, matrix: ResampleMatrix, n_detections: int, most: float
) -> Figure:
    n_lesions = 226
    record = MatchedRecord(
        np.where(generator.random(n_lesions) < 0.8, generator.random(n_lesions), -np.inf),
        generator.integers(0, 49, n_lesions),
        generator.random(n_detections) ** 2,
        generator.integers(0, 129, n_detections),
        129,
    )
    what = f"FROC replicates of {n_detections:,} detections"
    return against_yardstick(what, lambda: froc_replicates(record, matrix.weights), most)


def _kappa(generator: np.random.Generator, matrix: ResampleMatrix) -> Figure:
    reference = generator.integers(0, 5, 100)
    submitted = np.clip(reference + generator.integers(-1, 2, 100), 0, 4)

    def loop() -> None:
        for draw in matrix.weights[:LOOPED]:
            cohen_kappa_score(
                np.repeat(reference, draw),
                np.repeat(submitted, draw),
                labels=[0, 1, 2, 3, 4],
                weights="quadratic",
            )

    def ours() -> None:
        kappa_replicates(reference, submitted, matrix.weights)

    return _against_scikit_learn("kappa", ours, loop, LEAST_TIMES_KAPPA)


def _auc(generator: np.random.Generator, matrix: ResampleMatrix) -> Figure:
    is_positive = np.arange(129) < 49
    confidence = generator.normal(is_positive * 1.5)

    def loop() -> None:
        for draw in matrix.weights[:LOOPED]:
            roc_auc_score(np.repeat(is_positive, draw), np.repeat(confidence, draw))

    def ours() -> None:
        auc_replicates(is_positive, confidence, matrix.weights)

    return _against_scikit_learn("AUC", ours, loop, LEAST_TIMES_AUC)


def _against_scikit_learn(name: str, ours: Work, loop: Work, least: float) -> Figure:
    what = f"{name} replicates, against a loop over scikit-learn"
    return against_peer(what, ours, Peer(loop, LOOPED, RESAMPLES, "resamples"), least)


if __name__ == "__main__":
    main()
