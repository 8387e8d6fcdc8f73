"""Computes what resampled patients say of pN staging: kappa's interval, and centres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.kappa_bootstrap import kappa_interval, kappa_replicates
from evaluator.metrics.resampling import Weights, every_unit_once
from evaluator.results import JsonObject, Replicates
from evaluator.scoring.intervals import (
    CentreScore,
    centre_sections,
    interval_section,
    known_centres,
)

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class StagedPatients:
    """Stages of all patients as indices into the ordered list of stages, (n_patients,) int64."""

    reference: Codes
    submitted: Codes
    centres: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StagingStatistics:
    """Additions to a result: the interval of kappa, sections of their own, replicates."""

    interval: JsonObject
    aggregates: JsonObject
    replicates: Replicates


def staging_statistics(
    patients: StagedPatients, weights: Weights, resample_sha256: str
) -> StagingStatistics:
    """Compute interval, centres and replicates of patients whose kappa is defined.

    Parameters
    ----------
    weights : (n_resamples, n_patients) uint8
        How often each patient is drawn.
    """
    replicates = kappa_replicates(patients.reference, patients.submitted, weights)
    interval = kappa_interval(patients.reference, patients.submitted, replicates)
    centre = np.array(patients.centres)
    scores = [
        _centre_score(name, patients, centre == name, weights)
        for name in known_centres(patients.centres)
    ]
    return StagingStatistics(
        interval=interval_section(interval),
        aggregates=centre_sections(scores) if scores else {},
        replicates=Replicates(replicates, patients.reference.size, resample_sha256),
    )


def _centre_score(
    centre: str, patients: StagedPatients, is_own: NDArray[np.bool_], weights: Weights
) -> CentreScore:
    reference, submitted = patients.reference[is_own], patients.submitted[is_own]
    replicates = kappa_replicates(reference, submitted, weights[:, is_own])
    value = float(kappa_replicates(reference, submitted, every_unit_once(reference.size))[0])
    return CentreScore(
        centre=centre,
        n_units=reference.size,
        value=None if np.isnan(value) else value,
        interval=kappa_interval(reference, submitted, replicates),
        replicates=replicates,
    )
