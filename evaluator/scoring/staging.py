"""Scores pN stages: quadratic-weighted kappa, and node metrics where nodes are given."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluator.forms import SubmittedStages, complete_nodes
from evaluator.metrics.kappa import quadratic_kappa
from evaluator.metrics.resampling import ResampleMatrix
from evaluator.metrics.staging import (
    NODE_CATEGORIES,
    STAGES,
    confusion_matrix,
    node_metrics,
    stage_from_nodes,
)
from evaluator.results import (
    JsonObject,
    Provenance,
    Result,
    StagingParameters,
    undefined_section,
    with_resample_digest,
)
from evaluator.scoring.staging_statistics import StagedPatients, staging_statistics
from ground_truth.types import Kind, PatientTruth

SINGLE_CLASS = "single_class"
NO_PATIENTS = "no_patients"
NO_NODES = "no_nodes"


@dataclass(frozen=True, slots=True)
class PatientPart:
    """One patient's contribution; nodes are empty unless all of the patient's are submitted."""

    patient: str
    reference_stage: str
    stage: str
    reference_nodes: tuple[str, ...]
    nodes: tuple[str, ...]
    centre: str | None = None


def score_patient(
    member: SubmittedStages,
    truth: PatientTruth,
    parameters: StagingParameters,  # noqa: ARG001 - the same shape for every kind
) -> PatientPart:
    """Put a patient's submitted stage and nodes beside the reference."""
    names = sorted(truth.nodes)
    nodes = complete_nodes(member, names)
    return PatientPart(
        patient=truth.patient,
        reference_stage=truth.stage,
        stage=member.stage_of[truth.patient],
        reference_nodes=() if nodes is None else tuple(truth.nodes[name] for name in names),
        nodes=nodes or (),
        centre=truth.centre,
    )


def combine(
    parts: Sequence[PatientPart], provenance: Provenance, resamples: ResampleMatrix | None = None
) -> Result:
    """Combine all patients of the reference into a result; their order does not matter.

    With resamples the result has intervals, scores by centre and replicates.
    """
    ordered = sorted(parts, key=lambda part: part.patient)
    reference = [part.reference_stage for part in ordered]
    submitted = [part.stage for part in ordered]
    kappa = quadratic_kappa(reference, submitted, STAGES) if ordered else None
    reason = SINGLE_CLASS if ordered else NO_PATIENTS
    aggregates: JsonObject = {
        "score": kappa,
        "kappa": undefined_section(reason) if kappa is None else {"value": kappa},
        "confusion": confusion_matrix(reference, submitted, STAGES).tolist(),
        "labels": list(STAGES),
        "n_patients": len(ordered),
    }
    with_nodes = [part for part in ordered if part.nodes]
    if with_nodes:
        aggregates["nodes"] = _nodes_section(with_nodes)
    case: JsonObject = {part.patient: _case(part) for part in ordered}
    result = Result(Kind.STAGING, aggregates, case, with_resample_digest(provenance, resamples))
    if resamples is None or kappa is None:
        return result
    return _with_statistics(result, ordered, resamples)


def _with_statistics(
    result: Result, ordered: Sequence[PatientPart], resamples: ResampleMatrix
) -> Result:
    patients = StagedPatients(
        reference=np.array([STAGES.index(part.reference_stage) for part in ordered]),
        submitted=np.array([STAGES.index(part.stage) for part in ordered]),
        centres=tuple(part.centre for part in ordered),
    )
    found = staging_statistics(patients, resamples.weights, resamples.sha256)
    kappa: JsonObject = {"value": result.score, "interval": found.interval}
    return replace(
        result,
        aggregates={**result.aggregates, "kappa": kappa, **found.aggregates},
        replicates=found.replicates,
    )


def _nodes_section(parts: Sequence[PatientPart]) -> JsonObject:
    found = node_metrics(
        [category for part in parts for category in part.reference_nodes],
        [category for part in parts for category in part.nodes],
    )
    return {
        "confusion": found.confusion.tolist(),
        "labels": list(NODE_CATEGORIES),
        "n_patients": len(parts),
        "accuracy": found.accuracy,
        "kappa": _value(found.kappa, SINGLE_CLASS),
        "recall": {
            category: {**_value(recall, NO_NODES), "n": n}
            for category, recall, n in zip(
                NODE_CATEGORIES, found.recall, found.n_of_category, strict=True
            )
        },
        "sensitivity": _value(found.sensitivity, NO_NODES),
        "specificity": _value(found.specificity, NO_NODES),
        "derived_stage_kappa": _value(
            quadratic_kappa(
                [part.reference_stage for part in parts],
                [stage_from_nodes(part.nodes) for part in parts],
                STAGES,
            ),
            SINGLE_CLASS,
        ),
    }


def _value(number: float | None, reason: str) -> JsonObject:
    return undefined_section(reason) if number is None else {"value": number}


def _case(part: PatientPart) -> JsonObject:
    case: JsonObject = {"stage": part.stage, "reference": part.reference_stage}
    if part.nodes:
        case["derived_stage"] = stage_from_nodes(part.nodes)
    return case
