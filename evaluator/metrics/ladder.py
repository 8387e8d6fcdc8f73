"""Decides what a ladder shows: a new score only if it clearly beats the best shown before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.intervals import Undefined, shared_replicates

Floats = NDArray[np.float64]

SHOWN_DECIMALS = 6
"""Cuts the noise of multiplying a whole number of steps by the step."""


@dataclass(frozen=True, slots=True)
class Rung:
    """What a team is shown after one more attempt.

    Attributes
    ----------
    shown : float
        Score shown: the new one, rounded to the grid, or the best shown before again.
    is_improvement : bool
        Whether the attempt was clearly better.
    """

    shown: float
    is_improvement: bool


def next_rung(score: float, best_shown: float | None, step: float, grid: float) -> Rung:
    """Show a score only if it beats the best shown so far by more than a step.

    What can be learnt about the truth from many attempts is then bounded by the number of
    improvements, not of attempts.

    Parameters
    ----------
    score : float
        Finite score of the attempt.
    best_shown : float or None
        None before the first.
    step : float
        Improvement needed, at least 0; fixed, or `paired_step`.
    grid : float
        Shown scores are multiples of this; the fixed step, or what the release's decimals show.

    Raises
    ------
    ValueError
        When the score is not finite, the step is negative or the grid is not above 0.

    References
    ----------
    Blum & Hardt (2015), Proceedings of the 32nd ICML, PMLR 37, 1006-1014.
    """
    if not np.isfinite(score) or not step >= 0 or not grid > 0:
        raise ValueError(f"score {score}, step {step}, grid {grid}")
    if best_shown is not None and not score > best_shown + step:
        return Rung(best_shown, is_improvement=False)
    return Rung(round(round(score / grid) * grid, SHOWN_DECIMALS), is_improvement=True)


def paired_step(replicates: Floats, best_replicates: Floats) -> float | Undefined:
    """Return the step that needs no parameter: the standard error of the gain over the best shown.

    Parameters
    ----------
    replicates, best_replicates : (n_resamples,) float64
        Scores of the attempt and of the best shown one on the same resamples.

    Returns
    -------
    float or Undefined
        Undefined where more than 5 % of the resamples lack a score; nothing is shown then.

    Raises
    ------
    ValueError
        When shapes differ.
    """
    if replicates.shape != best_replicates.shape:
        raise ValueError(f"shapes differ: {replicates.shape} and {best_replicates.shape}")
    both = shared_replicates(np.stack([replicates, best_replicates]))
    return both if isinstance(both, Undefined) else float(np.std(both[0] - both[1]))
