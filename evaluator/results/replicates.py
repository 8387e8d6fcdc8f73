"""Holds a submission's scores on all resamples, and writes and reads their NPZ file.

Only organisers may have them: since the resample matrix is documented, ten thousand scores are as
many equations for the labels.
"""

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHA256_LENGTH = 64


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """Scores over the rows of one resample matrix.

    Attributes
    ----------
    score : (n_resamples,) float64
        NaN where the score is undefined.
    n_units : float
        Units that carry the score: effective number of slides with lesions, slides of the rarer
        class, patients.
    resample_sha256 : str
        Digest of the matrix; only replicates of the same matrix can be compared.
    sensitivity_at : (6, n_resamples) float32 or None
        Sensitivity at the six rates of the FROC score, for bands of curves; None of other kinds.
    """

    score: NDArray[np.float64]
    n_units: float
    resample_sha256: str
    sensitivity_at: NDArray[np.float32] | None = None


def replicates_to_npz(replicates: Replicates) -> bytes:
    """Write replicates as an NPZ file; equal replicates give equal bytes."""
    arrays: dict[str, NDArray[np.generic]] = {
        "score": replicates.score,
        "n_units": np.array(replicates.n_units, dtype=np.float64),
        "resample_sha256": np.array(replicates.resample_sha256),
    }
    if replicates.sensitivity_at is not None:
        arrays["sensitivity_at"] = replicates.sensitivity_at
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def replicates_from_npz(content: bytes) -> Replicates:
    """Read what `replicates_to_npz` wrote.

    Raises
    ------
    ValueError
        When the bytes are no such file.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            sensitivity = arrays.get("sensitivity_at")
            found = Replicates(
                score=np.asarray(arrays["score"], dtype=np.float64),
                n_units=float(arrays["n_units"]),
                resample_sha256=str(arrays["resample_sha256"]),
                sensitivity_at=sensitivity,
            )
    except (KeyError, EOFError, OSError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"not a file of replicates: {error!r}") from error
    if found.score.ndim != 1 or len(found.resample_sha256) != SHA256_LENGTH:
        raise ValueError("not a file of replicates: scores or digest of another shape")
    return found
