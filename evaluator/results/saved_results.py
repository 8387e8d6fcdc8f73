"""Reads results from files, with the replicates beside them under the same name."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.results.replicates import Replicates, replicates_from_npz
from evaluator.results.result import Result, result_from_json

RESULT_SUFFIX = ".json"
REPLICATES_SUFFIX = ".npz"


@dataclass(frozen=True, slots=True)
class SavedResult:
    """A result under the name of its file; without replicates where there are none beside it."""

    name: str
    result: Result
    replicates: Replicates | None


def read_saved(path: Path) -> SavedResult:
    """Read a result's JSON, and the NPZ of the same name if there is one.

    Raises
    ------
    ValueError
        When a file is no result or no replicates, or the replicates are of another matrix.
    """
    result = _read_result(path)
    beside = path.with_suffix(REPLICATES_SUFFIX)
    if not beside.is_file():
        return SavedResult(path.stem, result, None)
    replicates = replicates_from_npz(beside.read_bytes())
    if replicates.resample_sha256 != result.provenance.resample_sha256:
        raise ValueError(f"{beside.name} holds replicates of other resamples than {path.name}")
    return SavedResult(path.stem, result, replicates)


def read_folder(folder: Path) -> list[SavedResult]:
    """Read all results of a folder in name order.

    Raises
    ------
    ValueError
        When there is none, or a file is no result.
    """
    paths = sorted(folder.glob(f"*{RESULT_SUFFIX}"))
    if not paths:
        raise ValueError(f"no result ({RESULT_SUFFIX}) in the folder")
    return [read_saved(path) for path in paths]


def check_comparable(saved: Sequence[SavedResult]) -> None:
    """Make sure that scores were made by one kind, truth, scoring and set of slides.

    Raises
    ------
    ValueError
        When a name repeats, or naming what differs.
    """
    if len({one.name for one in saved}) < len(saved):
        raise ValueError("two results have one name")
    for what, values in (
        ("kinds", {str(one.result.kind) for one in saved}),
        ("truth versions", {one.result.provenance.truth_version for one in saved}),
        ("scorings", {one.result.provenance.scoring for one in saved}),
        ("sets of slides", {one.result.provenance.subset or "all" for one in saved}),
        ("resample matrices", {one.result.provenance.resample_sha256 or "" for one in saved}),
    ):
        if len(values) > 1:
            raise ValueError(f"results of several {what} cannot be compared: {sorted(values)}")


def _read_result(path: Path) -> Result:
    """Read a file as a result; one error names the file, whatever is wrong with it."""
    try:
        result = result_from_json(json.loads(path.read_text(encoding="utf-8")))
        is_number = isinstance(result.score, (float, int, type(None)))
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path.name} is not a result that camelyon score wrote") from error
    if not is_number:
        raise ValueError(f"{path.name} is not a result that camelyon score wrote: its score")
    return result
