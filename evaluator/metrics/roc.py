"""Computes the area under the ROC curve of slide confidences."""

import numpy as np
from numpy.typing import NDArray


def roc_auc(is_positive: NDArray[np.bool_], confidence: NDArray[np.float64]) -> float | None:
    """Measure how often a positive has the higher confidence than a negative; ties count half.

    Parameters
    ----------
    is_positive : (n,) bool
        Whether the slide shows a metastasis.
    confidence : (n,) float64
        Submitted confidence of metastasis.

    Returns
    -------
    float or None
        None where all slides are of one class, which leaves the area undefined.

    Raises
    ------
    ValueError
        When the arrays differ in shape.

    References
    ----------
    Hanley & McNeil (1982), Radiology 143(1), doi:10.1148/radiology.143.1.7063747.
    """
    if is_positive.shape != confidence.shape:
        raise ValueError(f"shapes differ: {is_positive.shape} and {confidence.shape}")
    if is_positive.all() or not is_positive.any():
        return None
    # Deferred: scikit-learn takes seconds to import, and scoring of lesions does without it.
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(is_positive, confidence))
