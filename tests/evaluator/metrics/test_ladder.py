from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.metrics.intervals import Reason, Undefined
from evaluator.metrics.ladder import Rung, next_rung, paired_step


def test_the_first_attempt_is_shown_on_the_grid() -> None:
    assert next_rung(0.8134, None, 0.02, 0.02) == Rung(0.82, is_improvement=True)


def test_a_clear_improvement_is_shown_and_a_slight_one_is_not() -> None:
    assert next_rung(0.85, 0.82, 0.02, 0.01) == Rung(0.85, is_improvement=True)
    assert next_rung(0.835, 0.82, 0.02, 0.01) == Rung(0.82, is_improvement=False)


def test_an_improvement_of_just_the_step_is_not_shown() -> None:
    assert next_rung(0.75, 0.5, 0.25, 0.25) == Rung(0.5, is_improvement=False)


def test_a_worse_attempt_repeats_the_best() -> None:
    assert next_rung(0.1, 0.82, 0.0, 0.01) == Rung(0.82, is_improvement=False)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from([0.01, 0.02, 0.1]))
def test_what_is_shown_never_falls_and_rises_at_most_once_a_half_step(
    scores: list[float], step: float
) -> None:
    shown: list[float] = []
    for score in scores:
        shown.append(next_rung(score, shown[-1] if shown else None, step, step).shown)

    assert shown == sorted(shown)
    rises = [after - before for before, after in pairwise(shown) if after > before]
    assert all(rise >= step / 2 for rise in rises)


def test_the_step_without_parameters_is_the_error_of_the_difference() -> None:
    best = np.array([0.5, 0.6, 0.7, 0.8])

    assert paired_step(best + np.array([0.1, -0.1, 0.1, -0.1]), best) == pytest.approx(0.1)
    assert paired_step(best + 0.1, best) == pytest.approx(0.0)


def test_without_enough_replicates_there_is_no_step() -> None:
    replicates = np.array([0.5, np.nan])

    assert paired_step(replicates, replicates) == Undefined(Reason.TOO_MANY_UNDEFINED_REPLICATES)
    with pytest.raises(ValueError, match="shapes differ"):
        paired_step(replicates, np.array([0.5]))


@pytest.mark.parametrize(
    ("score", "step", "grid"),
    [(np.nan, 0.0, 0.1), (0.5, -0.1, 0.1), (0.5, np.nan, 0.1), (0.5, 0.1, 0.0)],
)
def test_numbers_without_sense_are_refused(score: float, step: float, grid: float) -> None:
    with pytest.raises(ValueError, match="score"):
        next_rung(score, None, step, grid)
