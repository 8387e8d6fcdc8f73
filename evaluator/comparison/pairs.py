"""Compares saved results pair by pair on the same resamples, and by the tests with a closed form.

The family of the adjusted p-values is all pairs among the results given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import cast

import numpy as np
from numpy.typing import NDArray

from evaluator.comparison.wording import p_value_text
from evaluator.metrics.analytic_tests import delong_test, holm, mcnemar_p
from evaluator.metrics.comparison import (
    FEWEST_UNITS,
    PairwiseTests,
    compare_pair,
    pairwise_tests,
)
from evaluator.metrics.intervals import (
    Interval,
    Reason,
    Undefined,
    rounded_for_result,
)
from evaluator.results import JsonObject, Result, SavedResult, check_comparable
from evaluator.scoring import interval_section
from ground_truth.types import Kind

TUMOUR = "tumour"
CLOSED_FORM_NAMES = {"delong": "DeLong's test", "mcnemar": "McNemar's test"}


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """A test without resamples: its name, p, and p adjusted by Holm for all pairs."""

    name: str
    p_value: float
    adjusted_p: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The first of two results against the second.

    Attributes
    ----------
    adjusted_p : float or None
        Two-sided, for all pairs together (step-down max-T); None without replicates.
    closed_form : ClosedForm or None
        DeLong's test of two areas; McNemar's of stages that are right.
    """

    first: str
    second: str
    difference: float
    interval: Interval | Undefined
    adjusted_p: float | None
    closed_form: ClosedForm | None


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """All pairs of the results that have a score; `tests` is None without replicates."""

    scored: tuple[SavedResult, ...]
    pairs: tuple[Pair, ...]
    tests: PairwiseTests | None


def compare(saved: Sequence[SavedResult]) -> Comparison:
    """Compare all pairs of results.

    Raises
    ------
    ValueError
        When fewer than two have a score, or they were not made by the same rules.
    """
    check_comparable(saved)
    scored = tuple(one for one in saved if one.result.score is not None)
    if len(scored) < FEWEST_UNITS:
        raise ValueError("a comparison needs two results with a score")
    tests = _tests(scored)
    closed = _closed_forms(scored)
    pairs = tuple(
        _pair((scored[one], scored[other]), tests, number, closed)
        for number, (one, other) in enumerate(combinations(range(len(scored)), 2))
    )
    return Comparison(scored, pairs, tests)


def comparison_json(comparison: Comparison) -> JsonObject:
    """Return names, scores and pairs, numbers rounded as in results."""
    return {
        "scores": {one.name: one.result.score for one in comparison.scored},
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "difference": pair.difference,
                "interval": interval_section(pair.interval),
                "adjusted_p": None
                if pair.adjusted_p is None
                else rounded_for_result(pair.adjusted_p),
                "closed_form": _closed_form_json(pair.closed_form),
            }
            for pair in comparison.pairs
        ],
    }


def comparison_text(comparison: Comparison) -> str:
    """Return a line a pair: difference, its interval, and p adjusted for all pairs."""
    return "".join(f"{_pair_text(pair)}\n" for pair in comparison.pairs)


def scores_of(scored: Sequence[SavedResult]) -> list[float]:
    """Return the scores of results that all have one."""
    return [cast("float", one.result.score) for one in scored]


def _tests(scored: tuple[SavedResult, ...]) -> PairwiseTests | None:
    replicates = [one.replicates for one in scored if one.replicates is not None]
    if len(replicates) < len(scored):
        return None
    n_units = replicates[0].n_units
    if n_units < FEWEST_UNITS:
        return None
    found = pairwise_tests(
        scores_of(scored),
        np.stack([one.score for one in replicates]),
        n_units,
        list(combinations(range(len(scored)), 2)),
    )
    return None if isinstance(found, Undefined) else found


def _pair(
    pair: tuple[SavedResult, SavedResult],
    tests: PairwiseTests | None,
    number: int,
    closed: list[ClosedForm],
) -> Pair:
    first, second = pair
    one, other = scores_of(pair)
    interval: Interval | Undefined = Undefined(Reason.NO_REPLICATES)
    if first.replicates is not None and second.replicates is not None:
        stacked = np.stack([first.replicates.score, second.replicates.score])
        found = compare_pair((one, other), stacked)
        interval = found if isinstance(found, Undefined) else found.interval
    return Pair(
        first=first.name,
        second=second.name,
        difference=one - other,
        interval=interval,
        adjusted_p=None if tests is None else float(tests.p_value[number]),
        closed_form=closed[number] if closed else None,
    )


def _pair_text(pair: Pair) -> str:
    words = f"{pair.first} minus {pair.second}: {pair.difference:+.4f}"
    if isinstance(pair.interval, Interval):
        words += f", 95 % interval {pair.interval.low:+.4f} to {pair.interval.high:+.4f}"
    if pair.adjusted_p is not None:
        words += f", p {p_value_text(pair.adjusted_p)}"
    if pair.closed_form is not None:
        name, p_value = CLOSED_FORM_NAMES[pair.closed_form.name], pair.closed_form.adjusted_p
        words += f" ({name}: p {p_value_text(p_value)})"
    return words


def _closed_forms(scored: tuple[SavedResult, ...]) -> list[ClosedForm]:
    """Return the closed test of every pair, with Holm's adjustment; none for detections."""
    name, test = _CLOSED_TESTS.get(scored[0].result.kind, ("", None))
    if test is None:
        return []
    found = [test(one.result, other.result) for one, other in combinations(scored, 2)]
    return [
        ClosedForm(name, raw, adjusted) for raw, adjusted in zip(found, holm(found), strict=True)
    ]


def _delong_p(first: Result, second: Result) -> float:
    is_tumour = np.array([_field(first, name, "label") == TUMOUR for name in sorted(first.case)])
    found = delong_test(is_tumour, _confidences(first), _confidences(second))
    return 1.0 if isinstance(found, Undefined) else found.p_value


def _mcnemar_p(first: Result, second: Result) -> float:
    return mcnemar_p(_is_right(first), _is_right(second))


def _confidences(result: Result) -> NDArray[np.float64]:
    return np.array(
        [_field(result, name, "confidence") for name in sorted(result.case)], dtype=np.float64
    )


def _is_right(result: Result) -> NDArray[np.bool_]:
    return np.array(
        [
            _field(result, name, "stage") == _field(result, name, "reference")
            for name in sorted(result.case)
        ]
    )


def _field(result: Result, unit: str, name: str) -> object:
    return cast("JsonObject", result.case[unit])[name]


def _closed_form_json(test: ClosedForm | None) -> JsonObject | None:
    if test is None:
        return None
    return {
        "name": test.name,
        "p": rounded_for_result(test.p_value),
        "adjusted_p": rounded_for_result(test.adjusted_p),
    }


_CLOSED_TESTS: dict[Kind, tuple[str, Callable[[Result, Result], float]]] = {
    Kind.SLIDES: ("delong", _delong_p),
    Kind.STAGING: ("mcnemar", _mcnemar_p),
}
