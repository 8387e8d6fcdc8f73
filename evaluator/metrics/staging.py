"""Derives CAMELYON17's simplified pN stage from nodes, and compares node categories."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.kappa import quadratic_kappa

STAGES = ("pN0", "pN0(i+)", "pN1mi", "pN1", "pN2")
"""pN stages in rising order (Bandi et al. 2019, doi:10.1109/TMI.2018.2867350)."""
NODE_CATEGORIES = ("negative", "itc", "micro", "macro")
"""Categories of a node in rising order."""
POSITIVE_CATEGORIES = frozenset({"micro", "macro"})
"""Isolated tumour cells never make a node positive."""
POSITIVE_NODES_OF_PN2 = 4


@dataclass(frozen=True, slots=True, eq=False)
class NodeMetrics:
    """How well node categories agree; None marks what is undefined.

    Attributes
    ----------
    confusion : (4, 4) int64
        Nodes by reference (row) and submitted (column) category, rising.
    recall : tuple of float or None
        By reference category; None where the reference has none of it.
    n_of_category : tuple of int
        Nodes of each reference category.
    sensitivity, specificity : float or None
        Of positive (micro or macro) against negative and ITC.
    """

    confusion: NDArray[np.int64]
    accuracy: float
    kappa: float | None
    recall: tuple[float | None, ...]
    n_of_category: tuple[int, ...]
    sensitivity: float | None
    specificity: float | None


def stage_from_nodes(categories: Sequence[str]) -> str:
    """Derive a patient's pN stage from the categories of its nodes.

    The rule of CAMELYON17 (Bandi et al. 2019, table I): four or five micro-metastases without a
    macro-metastasis stay pN1mi.
    """
    if "macro" in categories:
        n_positive = sum(category in POSITIVE_CATEGORIES for category in categories)
        return "pN2" if n_positive >= POSITIVE_NODES_OF_PN2 else "pN1"
    if "micro" in categories:
        return "pN1mi"
    return "pN0(i+)" if "itc" in categories else "pN0"


def confusion_matrix(
    reference: Sequence[str], submitted: Sequence[str], labels: Sequence[str]
) -> NDArray[np.int64]:
    """Count pairs of (reference, submitted) in a matrix of shape (n_labels, n_labels).

    Raises
    ------
    ValueError
        When the sequences differ in length or hold a label that is not listed.
    """
    matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for true, given in zip(reference, submitted, strict=True):
        matrix[labels.index(true), labels.index(given)] += 1
    return matrix


def node_metrics(reference: Sequence[str], submitted: Sequence[str]) -> NodeMetrics:
    """Compare node categories, both of shape (n_nodes,).

    Raises
    ------
    ValueError
        When there is no node or a category is unknown.
    """
    if not reference:
        raise ValueError("node metrics need a node")
    matrix = confusion_matrix(reference, submitted, NODE_CATEGORIES)
    of_category = matrix.sum(axis=1)
    first_positive = NODE_CATEGORIES.index("micro")
    below, above = matrix[:first_positive], matrix[first_positive:]
    return NodeMetrics(
        confusion=matrix,
        accuracy=int(np.trace(matrix)) / len(reference),
        kappa=quadratic_kappa(reference, submitted, NODE_CATEGORIES),
        recall=tuple(
            _share(int(matrix[index, index]), int(count)) for index, count in enumerate(of_category)
        ),
        n_of_category=tuple(int(count) for count in of_category),
        sensitivity=_share(int(above[:, first_positive:].sum()), int(above.sum())),
        specificity=_share(int(below[:, :first_positive].sum()), int(below.sum())),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
