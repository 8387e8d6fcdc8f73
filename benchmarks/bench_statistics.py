"""Measures the statistics of every score beside the usual ways, in CPU seconds of one thread.

Loops over resamples with scikit-learn are run for a few hundred of them and extrapolated to all;
the table says so. Ratios are taken within one run, so that they hold on any machine.

    python benchmarks/bench_statistics.py
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from evaluator.metrics.auc_bootstrap import auc_replicates
from evaluator.metrics.froc_bootstrap import froc_replicates
from evaluator.metrics.kappa_bootstrap import kappa_replicates
from evaluator.metrics.matched_record import MatchedRecord
from evaluator.metrics.rank_frequencies import rank_frequencies
from evaluator.metrics.rank_sets import rank_sets
from evaluator.metrics.resampling import RESAMPLES, ResampleMatrix, resample_matrix

LOOPED = 300
"""Resamples that the scikit-learn loops run; the rest is extrapolated."""
REPEATS = 5
LEAST_RATIO = 600
FROC_LIMIT_SECONDS = 0.15
RANK_LIMIT_SECONDS = 0.25
RANK_LIMIT_MIB = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what, its figure, and whether its limit is kept."""

    what: str
    figure: str
    is_kept: bool


def main() -> None:
    """Measure, print one line a figure and fail if a limit is broken."""
    generator = np.random.default_rng(1)
    slides = _matrix("lesions", 129, 49)
    patients = _matrix("staging", 100, 100)
    rows = [
        *_ranks(generator),
        _froc(generator, slides, 129_000),
        _froc(generator, slides, 500_000),
        _kappa(generator, patients),
        _auc(generator, _matrix("slides", 129, 49)),
        _drawing(),
    ]
    for row in rows:
        print(f"{'kept  ' if row.is_kept else 'BROKEN'} {row.what}: {row.figure}")
    sys.exit(0 if all(row.is_kept for row in rows) else 1)


def _matrix(kind: str, n_units: int, n_tumour: int) -> ResampleMatrix:
    names = [f"unit_{number:03}" for number in range(n_units)]
    strata = ["tumour"] * n_tumour + ["normal"] * (n_units - n_tumour)
    return resample_matrix(kind, names, strata)


def _drawing() -> Row:
    seconds = _cpu_seconds(lambda: _matrix("lesions", 129, 49))
    return Row("resample matrix of 129 slides", f"{seconds:.3f} s", is_kept=True)


def _froc(generator: np.random.Generator, matrix: ResampleMatrix, n_detections: int) -> Row:
    n_lesions = 226
    record = MatchedRecord(
        np.where(generator.random(n_lesions) < 0.8, generator.random(n_lesions), -np.inf),
        generator.integers(0, 49, n_lesions),
        generator.random(n_detections) ** 2,
        generator.integers(0, 129, n_detections),
        129,
    )
    seconds = _cpu_seconds(lambda: froc_replicates(record, matrix.weights))
    return Row(
        f"FROC replicates of {n_detections:,} detections, limit {FROC_LIMIT_SECONDS} s",
        f"{seconds:.3f} s",
        seconds <= FROC_LIMIT_SECONDS,
    )


def _kappa(generator: np.random.Generator, matrix: ResampleMatrix) -> Row:
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

    return _ratio("kappa", lambda: kappa_replicates(reference, submitted, matrix.weights), loop)


def _auc(generator: np.random.Generator, matrix: ResampleMatrix) -> Row:
    is_positive = np.arange(129) < 49
    confidence = generator.normal(is_positive * 1.5)

    def loop() -> None:
        for draw in matrix.weights[:LOOPED]:
            roc_auc_score(np.repeat(is_positive, draw), np.repeat(confidence, draw))

    return _ratio("AUC", lambda: auc_replicates(is_positive, confidence, matrix.weights), loop)


def _ratio(name: str, ours: Callable[[], object], loop: Callable[[], None]) -> Row:
    seconds = _cpu_seconds(ours)
    peer_seconds = _cpu_seconds(loop, repeats=1) * RESAMPLES / LOOPED
    return Row(
        f"{name} replicates, at least {LEAST_RATIO} times a loop over scikit-learn",
        f"{seconds * 1000:.1f} ms against {peer_seconds:.1f} s (extrapolated from {LOOPED} "
        f"resamples): {peer_seconds / seconds:,.0f} times",
        peer_seconds / seconds >= LEAST_RATIO,
    )


def _ranks(generator: np.random.Generator) -> list[Row]:
    scores, replicates = _board(generator, 100)
    seconds = _cpu_seconds(lambda: rank_sets(scores, replicates))
    more_mib = _allocated_mib(lambda: rank_sets(scores, replicates))
    frequency_seconds = _cpu_seconds(lambda: rank_frequencies(scores, replicates), repeats=2)
    many_scores, many_replicates = _board(generator, 500)
    many_seconds = _cpu_seconds(lambda: rank_sets(many_scores, many_replicates), repeats=1)
    return [
        Row(
            f"rank sets of 100 teams, limits {RANK_LIMIT_SECONDS} s and {RANK_LIMIT_MIB} MiB more",
            f"{seconds:.3f} s, {more_mib:.0f} MiB",
            seconds <= RANK_LIMIT_SECONDS and more_mib <= RANK_LIMIT_MIB,
        ),
        Row("rank frequencies and tau of 100 teams", f"{frequency_seconds:.3f} s", is_kept=True),
        Row("rank sets of 500 teams", f"{many_seconds:.2f} s", is_kept=True),
    ]


def _board(generator: np.random.Generator, n_teams: int) -> tuple[list[float], NDArray[np.float64]]:
    scores = generator.normal(0.7, 0.1, n_teams)
    shared = generator.normal(0, 0.03, RESAMPLES)
    own = generator.normal(0, 0.03, (n_teams, RESAMPLES))
    return scores.tolist(), scores[:, np.newaxis] + own + shared


def _cpu_seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median CPU time after one run to warm up, where it is repeated at all."""
    if repeats > 1:
        work()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return float(np.median(seconds))


def _allocated_mib(work: Callable[[], object]) -> float:
    """Return the most memory held at once beyond what there was; arrays are traced too."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


if __name__ == "__main__":
    main()
