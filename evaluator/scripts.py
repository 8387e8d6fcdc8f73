"""Checks, scores and compares for scripts: paths and names in, reports and results out."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from evaluator.comparison import Comparison, compare
from evaluator.metrics.resampling import RESAMPLES
from evaluator.results import Parameters, Result, SavedResult, default_parameters
from evaluator.scoring import evaluate
from evaluator.submissions import CheckReport, check
from ground_truth.reference import CaseList
from ground_truth.types import GroundTruth, Kind


def check_file(
    path: str | PathLike[str],
    cases: CaseList,
    kind: str,
    parameters: Parameters | None = None,
) -> CheckReport:
    """Check a submission against a case list; a participant's fault is reported, not raised.

    Parameters
    ----------
    path
        A zip, a folder or a single CSV.
    cases : CaseList
        The public list of slides and patients; no truth is needed.
    kind : str
        ``lesions``, ``slides`` or ``staging``.
    parameters : Parameters, optional
        The phase's; the defaults of the kind where not given.

    Raises
    ------
    ValueError
        When there is no such kind, or the parameters are of another.
    """
    return check(Kind(kind), Path(path), cases, parameters)


def score_file(
    path: str | PathLike[str],
    truth: GroundTruth,
    kind: str,
    parameters: Parameters | None = None,
    n_resamples: int = RESAMPLES,
) -> Result:
    """Score a submission as the service and ``camelyon score`` do, to the byte.

    Parameters
    ----------
    path
        A zip, a folder or a single CSV.
    kind : str
        ``lesions``, ``slides`` or ``staging``.
    parameters : Parameters, optional
        The phase's; the defaults of the kind where not given.
    n_resamples : int
        Resamples that intervals are drawn from; 0 for none.

    Raises
    ------
    SubmissionError
        With every problem of the submission.
    ValueError
        When there is no such kind, or the parameters are of another.
    """
    chosen = Kind(kind)
    rules = default_parameters(chosen) if parameters is None else parameters
    return evaluate(chosen, Path(path), truth, rules, n_resamples=n_resamples)


def compare_results(results: Mapping[str, Result]) -> Comparison:
    """Compare all pairs of results on the same resamples; p-values are adjusted for all pairs.

    Parameters
    ----------
    results : mapping of str to Result
        By the name to call each by.

    Raises
    ------
    ValueError
        When fewer than two have a score, or they were not made by the same rules.
    """
    return compare([SavedResult(name, one, one.replicates) for name, one in results.items()])
