"""Simulates how often intervals hold the truth; takes minutes, so not part of every run.

The shares themselves are logged: pytest -m slow --log-cli-level=INFO shows them.
"""

import logging

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluator.metrics.auc_intervals import auc_interval
from evaluator.metrics.comparison import PairwiseTests, pairwise_tests
from evaluator.metrics.froc_bootstrap import froc_interval, froc_replicates
from evaluator.metrics.intervals import Interval, Undefined, normal_quantile
from evaluator.metrics.kappa_bootstrap import kappa_interval, kappa_replicates
from evaluator.metrics.matched_record import MatchedRecord, effective_slides
from evaluator.metrics.resampling import Weights, every_unit_once, resample_matrix
from evaluator.metrics.selection import BestAttempt, best_attempt

log = logging.getLogger(__name__)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

RUNS = 2_000
N_TUMOUR, N_NORMAL = 49, 80
N_PATIENTS = 100
STAGES = np.array([0.30, 0.10, 0.20, 0.25, 0.15])
"""Share of each stage in the reference."""
LESIONS_MEAN, LESIONS_SIZE = 4.6, 0.8
"""Lesions of a tumour slide: negative binomial."""
FPS_PER_SLIDE = 5.0
MISSED = -np.inf


def slide_weights(n_resamples: int) -> Weights:
    names = [f"test_{number:03}" for number in range(N_TUMOUR + N_NORMAL)]
    strata = ["tumour"] * N_TUMOUR + ["normal"] * N_NORMAL
    return resample_matrix("lesions", names, strata, n_resamples).weights


def holds(interval: Interval | Undefined, truth: float) -> bool:
    return isinstance(interval, Interval) and interval.low <= truth <= interval.high


@pytest.mark.parametrize("truth", [0.856, 0.962, 0.9945])
def test_intervals_of_the_area_hold_the_truth(truth: float) -> None:
    generator = np.random.default_rng(1)
    is_positive = np.arange(N_TUMOUR + N_NORMAL) < N_TUMOUR
    # Binormal: positives are shifted by root two times the quantile of the area.
    shift = np.sqrt(2) * normal_quantile(truth)

    n_held = 0
    for _ in range(RUNS):
        confidence = generator.normal(is_positive * shift)
        n_held += holds(auc_interval(is_positive, confidence), truth)

    log.info("held in %.4f of %d runs", n_held / RUNS, RUNS)
    assert 0.92 <= n_held / RUNS <= 0.97


def test_intervals_of_kappa_hold_the_truth() -> None:
    generator = np.random.default_rng(2)
    names = [f"patient_{number:03}" for number in range(N_PATIENTS)]
    centres = [f"centre_{number // 20}" for number in range(N_PATIENTS)]
    weights = resample_matrix("staging", names, centres).weights
    reference, submitted = staged(generator, 4_000_000)
    truth = concordance(reference, submitted)

    log.info("true kappa %.4f", truth)
    n_held = 0
    for _ in range(RUNS):
        true, given = staged(generator, N_PATIENTS)
        n_held += holds(kappa_interval(true, given, kappa_replicates(true, given, weights)), truth)

    log.info("held in %.4f of %d runs", n_held / RUNS, RUNS)
    assert truth == pytest.approx(0.93, abs=0.005)
    assert 0.92 <= n_held / RUNS <= 0.97


def test_intervals_of_the_froc_score_hold_the_truth() -> None:
    generator = np.random.default_rng(3)
    weights = slide_weights(10_000)
    truth = true_froc(generator)

    log.info("true FROC score %.4f", truth)
    n_held = 0
    for _ in range(RUNS):
        matched = detected(generator, truth_of_slides(generator, 1), 1)
        n_held += holds(froc_interval(matched, froc_replicates(matched, weights)), truth)

    log.info("held in %.4f of %d runs", n_held / RUNS, RUNS)
    assert 0.92 <= n_held / RUNS <= 0.97


def test_six_equal_algorithms_are_rarely_told_apart() -> None:
    generator = np.random.default_rng(4)
    weights = slide_weights(2_000)

    n_found = 0
    for _ in range(RUNS):
        lesions = truth_of_slides(generator, 1)
        six = [detected(generator, lesions, 1) for _ in range(6)]
        once = every_unit_once(N_TUMOUR + N_NORMAL)
        scores = [float(froc_replicates(matched, once)[0]) for matched in six]
        replicates = np.stack([froc_replicates(matched, weights) for matched in six])
        tests = pairwise_tests(scores, replicates, effective_slides(six[0]))
        n_found += isinstance(tests, PairwiseTests) and bool(tests.p_value.min() <= 0.05)

    log.info("told apart in %.4f of %d runs", n_found / RUNS, RUNS)
    assert n_found / RUNS <= 0.065


@pytest.mark.parametrize("n_attempts", [3, 10])
def test_the_interval_of_the_best_of_several_equal_attempts_holds_the_truth(
    n_attempts: int,
) -> None:
    generator = np.random.default_rng(5)
    shared, own = generator.normal(size=2_000), generator.normal(size=(n_attempts, 2_000))

    n_held = 0
    for _ in range(RUNS):
        # Errors of attempts on the same slides correlate by a half.
        error = (generator.normal(size=n_attempts) + generator.normal()) / np.sqrt(2)
        scores = 0.7 + 0.03 * error
        best = best_attempt(scores.tolist(), scores[:, np.newaxis] + 0.03 * (own + shared) / 2**0.5)
        n_held += isinstance(best, BestAttempt) and holds(best.interval, 0.7)

    log.info("held in %.4f of %d runs", n_held / RUNS, RUNS)
    assert 0.92 <= n_held / RUNS <= 0.97


def staged(generator: np.random.Generator, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw reference stages and those of a good submission: most right, few of them two off."""
    reference = generator.choice(5, size=n, p=STAGES)
    error = generator.choice([-2, -1, 0, 1, 2], size=n, p=[0.02, 0.13, 0.70, 0.13, 0.02])
    return reference, np.clip(reference + error, 0, 4)


def concordance(reference: NDArray[np.int64], submitted: NDArray[np.int64]) -> float:
    """Return the quadratic kappa of a population by Lin's coefficient."""
    covariance = float(((reference - reference.mean()) * (submitted - submitted.mean())).mean())
    gap = float(reference.mean() - submitted.mean())
    return 2 * covariance / float(reference.var() + submitted.var() + gap**2)


def truth_of_slides(
    generator: np.random.Generator, n_copies: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw the slide of each lesion and how easy it is to see, alike on one slide."""
    share = LESIONS_SIZE / (LESIONS_SIZE + LESIONS_MEAN)
    n_slides = (N_TUMOUR + N_NORMAL) * n_copies
    tumour = np.flatnonzero(np.arange(n_slides) % (N_TUMOUR + N_NORMAL) < N_TUMOUR)
    n_lesions = generator.negative_binomial(LESIONS_SIZE, share, tumour.size)
    ease_of_slide = generator.normal(0.0, 1.0, n_slides)
    slide = np.repeat(tumour, n_lesions)
    return slide, ease_of_slide[slide]


def detected(
    generator: np.random.Generator,
    lesions: tuple[NDArray[np.int64], NDArray[np.float64]],
    n_copies: int,
) -> MatchedRecord:
    """Draw an algorithm's hits, likelier and surer on easy slides, and its false positives."""
    slide, ease = lesions
    n_slides = (N_TUMOUR + N_NORMAL) * n_copies
    is_hit = generator.random(slide.size) < 1 / (1 + np.exp(-(1.7 + ease)))
    confidence = 1 / (1 + np.exp(-(1.0 + 0.5 * ease + generator.normal(size=slide.size))))
    fp_slide = np.repeat(np.arange(n_slides), generator.poisson(FPS_PER_SLIDE, n_slides))
    fp_confidence = 1 / (1 + np.exp(-(generator.normal(size=fp_slide.size) - 1.0)))
    return MatchedRecord(
        np.where(is_hit, confidence, MISSED), slide, fp_confidence, fp_slide, n_slides
    )


def true_froc(generator: np.random.Generator) -> float:
    """Score the same algorithm on a population of a thousand test sets."""
    matched = detected(generator, truth_of_slides(generator, 1_000), 1_000)
    return float(froc_replicates(matched, every_unit_once(matched.n_slides))[0])
