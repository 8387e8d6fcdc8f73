"""Holds the result of scoring one submission, and writes its canonical JSON."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from evaluator import SCORING_VERSION
from evaluator.errors import Problem, ProblemCode
from evaluator.metrics.resampling import ResampleMatrix
from evaluator.results.parameters import Parameters, parameters_from_json, parameters_to_json
from evaluator.results.replicates import Replicates
from ground_truth.types import Kind

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]

PROTOCOLS = {
    Kind.LESIONS: "camelyon16",
    Kind.SLIDES: "camelyon16-slides",
    Kind.STAGING: "camelyon17",
}
"""Name of the rules that make the ranking score of each kind."""
DIGEST_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which rules, truth and bytes a result comes from.

    ``submitted`` tells, for kind lesions, the forms of the slides' files and, for heatmaps, the
    geometry and suppression they were read with.
    """

    scoring: str
    evaluator_version: str
    protocol: str
    truth_version: str
    content_sha256: str
    resample_sha256: str | None
    """Of the resample matrix, None without intervals; it reveals strata, so only organisers see it
    while the truth is hidden."""

    parameters: Parameters
    warnings: tuple[Problem, ...] = ()
    n_resamples: int = 0
    subset: str | None = None
    """The named set of slides that was scored, None for all slides of the kind."""

    submitted: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """Numbers about the whole submission, numbers a slide or patient, and where they come from.

    Attributes
    ----------
    aggregates : JsonObject
        Metrics over all slides or patients; ``score`` is the one that ranks, null if undefined.
    case : JsonObject
        Outcomes by slide or patient, for organisers.
    replicates : Replicates or None
        Scores on all resamples: for organisers, kept beside the result and never in its JSON.
    """

    kind: Kind
    aggregates: JsonObject
    case: JsonObject
    provenance: Provenance
    replicates: Replicates | None = field(default=None, compare=False, repr=False)

    @property
    def score(self) -> float | None:
        """The number that ranks, None where it is undefined."""
        return cast("float | None", self.aggregates["score"])

    def to_json(self) -> JsonObject:
        """Return the contract's JSON object; `canonical_json` writes it."""
        provenance = self.provenance
        return {
            "aggregates": {**self.aggregates, "kind": str(self.kind)},
            "case": self.case,
            "provenance": {
                "scoring": provenance.scoring,
                "evaluator_version": provenance.evaluator_version,
                "protocol": provenance.protocol,
                "truth_version": provenance.truth_version,
                "content_sha256": provenance.content_sha256,
                "resample_sha256": provenance.resample_sha256,
                **_optional_fields(provenance),
                "parameters": cast("JsonObject", parameters_to_json(provenance.parameters)),
                "warnings": cast(
                    "list[Json]", [warning.to_json() for warning in provenance.warnings]
                ),
                "submitted": provenance.submitted,
            },
        }


def result_from_json(body: Mapping[str, Any]) -> Result:
    """Rebuild a result from what `Result.to_json` gave.

    Raises
    ------
    ValueError
        When the object is not a result.
    """
    try:
        aggregates = dict(body["aggregates"])
        kind = Kind(aggregates.pop("kind"))
        provenance = dict(body["provenance"])
        provenance["parameters"] = parameters_from_json(kind, provenance["parameters"])
        provenance["warnings"] = tuple(
            Problem(ProblemCode(item["code"]), item["detail"], item["file"], item["line"])
            for item in provenance["warnings"]
        )
        return Result(kind, aggregates, dict(body["case"]), Provenance(**provenance))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a result: {error!r}") from error


def canonical_json(body: object) -> str:
    """Write the one JSON text of an object: sorted keys, no blanks, a newline at the end.

    Raises
    ------
    ValueError
        When a number is infinite or not a number.
    """
    text = json.dumps(
        body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return f"{text}\n"


def undefined_section(reason: str) -> JsonObject:
    """Return the JSON object for a number that does not exist."""
    return {"value": None, "reason": reason}


def content_sha256(sha256_of: Mapping[str, str]) -> str:
    """Digest the used members of a submission.

    Parameters
    ----------
    sha256_of : mapping of str to str
        Hexadecimal SHA-256 of each used member by canonical name, such as ``test_001.csv``.
    """
    lines = "".join(f"{name}\0{sha256_of[name]}\n" for name in sorted(sha256_of))
    return hashlib.sha256(lines.encode()).hexdigest()


def scoring_digest(kind: Kind, parameters: Parameters, n_resamples: int = 0) -> str:
    """Name the rules of a score: 12 hexadecimal digits over all that can move its numbers."""
    rules = {
        "evaluator_version": SCORING_VERSION,
        "protocol": PROTOCOLS[kind],
        "parameters": parameters_to_json(parameters),
        "B": n_resamples,
    }
    return hashlib.sha256(canonical_json(rules).encode()).hexdigest()[:DIGEST_LENGTH]


def provenance_of(
    kind: Kind,
    parameters: Parameters,
    truth_version: str,
    content: str,
    warnings: tuple[Problem, ...],
    n_resamples: int = 0,
) -> Provenance:
    """Return the provenance of a result whose resample matrix is not drawn yet."""
    return Provenance(
        scoring=scoring_digest(kind, parameters, n_resamples),
        evaluator_version=SCORING_VERSION,
        protocol=PROTOCOLS[kind],
        truth_version=truth_version,
        content_sha256=content,
        resample_sha256=None,
        parameters=parameters,
        warnings=warnings,
        n_resamples=n_resamples,
    )


def with_resample_digest(provenance: Provenance, resamples: ResampleMatrix | None) -> Provenance:
    """Add the digest of the matrix that intervals are drawn from, where there is one."""
    if resamples is None:
        return provenance
    return replace(provenance, resample_sha256=resamples.sha256)


def _optional_fields(provenance: Provenance) -> JsonObject:
    """Return the fields that only results with resamples, or of a subset, have."""
    used: JsonObject = {}
    if provenance.n_resamples:
        used["n_resamples"] = provenance.n_resamples
    if provenance.subset is not None:
        used["subset"] = provenance.subset
    return used
