"""Decides which units of a truth are resampled, and in which strata."""

from functools import lru_cache

from evaluator.metrics.resampling import ResampleMatrix, resample_matrix
from ground_truth.types import GroundTruth, Kind, PatientTruth, SlideTruth

PATIENT_CLASS = "patient"
"""Class of every patient: stages are what is scored, so they do not form strata."""
KEPT_MATRICES = 4
"""Matrices kept in memory, 1.3 MB each; a worker seldom serves more phases."""


def resamples_of(kind: Kind, truth: GroundTruth, n_resamples: int) -> ResampleMatrix | None:
    """Return the resample matrix of a truth's slides or patients; None where nothing is resampled.

    Slides are drawn within tumour and within normal slides, patients among all patients, both
    within their centre where it is known. While units and strata stay the same, so does the matrix.
    """
    if kind is Kind.STAGING:
        strata = {patient.patient: _patient_stratum(patient) for patient in truth.patients}
    else:
        strata = {slide.slide: _slide_stratum(slide) for slide in truth.slides_for(kind)}
    if not strata or n_resamples == 0:
        return None
    return _drawn_matrix(kind, tuple(strata), tuple(strata.values()), n_resamples)


def _slide_stratum(slide: SlideTruth) -> str:
    return slide.label if slide.centre is None else f"{slide.label}/{slide.centre}"


def _patient_stratum(patient: PatientTruth) -> str:
    return PATIENT_CLASS if patient.centre is None else f"{PATIENT_CLASS}/{patient.centre}"


@lru_cache(maxsize=KEPT_MATRICES)
def _drawn_matrix(
    kind: Kind, units: tuple[str, ...], strata: tuple[str, ...], n_resamples: int
) -> ResampleMatrix:
    return resample_matrix(str(kind), units, strata, n_resamples)
