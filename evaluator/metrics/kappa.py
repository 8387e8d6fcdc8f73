"""Computes quadratic-weighted Cohen's kappa over a fixed list of ordered classes."""

from collections.abc import Sequence


def quadratic_kappa(
    reference: Sequence[str], submitted: Sequence[str], labels: Sequence[str]
) -> float | None:
    """Measure agreement beyond chance, disagreement weighted by squared distance of classes.

    Parameters
    ----------
    reference, submitted : sequence of str, shape (n,)
        Classes, each one of `labels`.
    labels : sequence of str
        All classes in rising order, whether they occur or not: leaving out absent ones would
        move the others together and change the score.

    Returns
    -------
    float or None
        None where both sides hold one and the same class, which leaves kappa undefined.

    Raises
    ------
    ValueError
        When the sequences are empty, differ in length or hold an unlisted class.

    References
    ----------
    Cohen (1968), Psychological Bulletin 70(4), doi:10.1037/h0026256.
    """
    if not reference or len(reference) != len(submitted):
        raise ValueError(f"kappa needs pairs, got {len(reference)} and {len(submitted)}")
    rank = {label: index for index, label in enumerate(labels)}
    unknown = sorted({*reference, *submitted} - rank.keys())
    if unknown:
        raise ValueError(f"kappa has no class {unknown}")
    if len({*reference, *submitted}) == 1:
        return None
    # Deferred: scikit-learn takes seconds to import, and scoring of lesions does without it.
    from sklearn.metrics import cohen_kappa_score

    return float(
        cohen_kappa_score(
            [rank[label] for label in reference],
            [rank[label] for label in submitted],
            labels=list(range(len(labels))),
            weights="quadratic",
        )
    )
