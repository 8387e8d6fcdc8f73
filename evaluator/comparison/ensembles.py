"""Combines the best saved results of slides or stages: exploratory, for organisers.

The members are chosen by their scores on the slides that the combination is scored on, so its
score and its interval are too good; neither is ever ranked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from evaluator.comparison.pairs import TUMOUR, scores_of
from evaluator.metrics.auc_bootstrap import auc_replicates
from evaluator.metrics.auc_intervals import auc_interval
from evaluator.metrics.ensemble import mean_rank, median_stage
from evaluator.metrics.intervals import Interval, Reason, Undefined
from evaluator.metrics.kappa_bootstrap import kappa_interval, kappa_replicates
from evaluator.metrics.resampling import RESAMPLES, every_unit_once, resample_matrix
from evaluator.metrics.staging import STAGES
from evaluator.results import Json, JsonObject, SavedResult, check_comparable
from evaluator.scoring import interval_section
from ground_truth.types import Kind

FEWEST_MEMBERS = 2
COMBINATION_RULES = {
    Kind.SLIDES: "mean rank of the probabilities",
    Kind.STAGING: "median stage, the lower of two middle ones",
}
"""How members are combined, by kind."""

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """The best results combined.

    Attributes
    ----------
    members : tuple of SavedResult
        Best first.
    answers : dict
        Combined stage of each patient, or mean rank (above 0, below 1) of each slide, by name.
    score : float or None
        Kappa or AUC of the answers; None where it is undefined.
    interval : Interval or Undefined
        As for a single submission, but for stages all patients are resampled as one stratum.
    """

    kind: Kind
    members: tuple[SavedResult, ...]
    answers: dict[str, str | float]
    score: float | None
    interval: Interval | Undefined


def combine_best(saved: Sequence[SavedResult], n_members: int) -> Ensemble:
    """Combine the best results; of equal scores, the first by name.

    Raises
    ------
    ValueError
        When the results were not made by the same rules, are detections, or fewer have a score
        than are to be combined, or fewer than two are.
    """
    check_comparable(saved)
    scored = [one for one in saved if one.result.score is not None]
    if not FEWEST_MEMBERS <= n_members <= len(scored):
        raise ValueError(
            f"{n_members} members of {len(scored)} results with a score: an ensemble needs "
            f"{FEWEST_MEMBERS} or more, and no more than there are"
        )
    kind = scored[0].result.kind
    if kind not in COMBINATION_RULES:
        raise ValueError("only slide probabilities and stages can be combined, not detections")
    ordered = sorted(zip(scores_of(scored), scored, strict=True), key=lambda one: _place(*one))
    members = tuple(one for _, one in ordered[:n_members])
    units = sorted(members[0].result.case)
    if any(sorted(one.result.case) != units for one in members):
        raise ValueError("the results do not hold the same slides or patients")
    return _stages(members, units) if kind is Kind.STAGING else _slides(members, units)


def ensemble_json(ensemble: Ensemble) -> JsonObject:
    """Return the combination as JSON, marked as exploratory."""
    answers: JsonObject = dict(ensemble.answers)
    return {
        "exploratory": True,
        "kind": str(ensemble.kind),
        "rule": COMBINATION_RULES[ensemble.kind],
        "members": [{"name": one.name, "score": one.result.score} for one in ensemble.members],
        "score": ensemble.score,
        "interval": interval_section(ensemble.interval),
        "answers": answers,
    }


def _place(score: float, saved: SavedResult) -> tuple[float, str]:
    return -score, saved.name


def _stages(members: tuple[SavedResult, ...], patients: list[str]) -> Ensemble:
    reference = _codes(members[0], patients, "reference")
    combined = median_stage(np.stack([_codes(one, patients, "stage") for one in members]))
    kappa = float(kappa_replicates(reference, combined, every_unit_once(len(patients)))[0])
    interval: Interval | Undefined = Undefined(Reason.SINGLE_CLASS)
    if not np.isnan(kappa):
        # Results do not hold centres, so patients are drawn from all of them together.
        one_stratum = ["patient"] * len(patients)
        matrix = resample_matrix(str(Kind.STAGING), patients, one_stratum, RESAMPLES)
        replicates = kappa_replicates(reference, combined, matrix.weights)
        interval = kappa_interval(reference, combined, replicates)
    answers: dict[str, str | float] = {
        patient: STAGES[code] for patient, code in zip(patients, combined.tolist(), strict=True)
    }
    score = None if np.isnan(kappa) else kappa
    return Ensemble(Kind.STAGING, members, answers, score, interval)


def _slides(members: tuple[SavedResult, ...], slides: list[str]) -> Ensemble:
    is_tumour = np.array([_field(members[0], slide, "label") == TUMOUR for slide in slides])
    confidence = np.array(
        [[_field(one, slide, "confidence") for slide in slides] for one in members], np.float64
    )
    combined = mean_rank(confidence)
    area = float(auc_replicates(is_tumour, combined, every_unit_once(len(slides)))[0])
    answers: dict[str, str | float] = dict(zip(slides, combined.tolist(), strict=True))
    return Ensemble(Kind.SLIDES, members, answers, area, auc_interval(is_tumour, combined))


def _codes(saved: SavedResult, patients: list[str], field: str) -> Codes:
    return np.array([STAGES.index(str(_field(saved, one, field))) for one in patients], np.int64)


def _field(saved: SavedResult, unit: str, name: str) -> Json:
    return cast("JsonObject", saved.result.case[unit])[name]
