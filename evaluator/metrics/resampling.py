"""Draws the fixed, versioned, stratified resample matrix that all intervals are based on."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

Weights = NDArray[np.uint8]

RESAMPLES = 10_000
"""Rows of the matrix: the ends of a 95 % interval are then known to 0.03 standard errors."""
MATRIX_VERSION = 1
"""Raised when any rule below changes, since every interval changes with it."""
SMALLEST_STRATUM = 5
"""Strata of fewer units are merged: resamples of so few units underestimate their variance."""

_HALF_WORD = np.uint64(32)
_SEED_BYTES = 16
_BLOCK = 500
"""Rows drawn at once; their words then stay in the processor's cache."""
_CLASS_SEPARATOR = "/"
_MERGED_SEPARATOR = "+"


@dataclass(frozen=True, slots=True, eq=False)
class ResampleMatrix:
    """How often each unit is drawn in each resample.

    Attributes
    ----------
    units : tuple of str
        Names of the columns (slides or patients), sorted.
    strata : tuple of str
        Stratum of each column, small ones merged.
    weights : (n_resamples, n_units) uint8
        Multiplicities; within a stratum each row sums to the stratum's size.
    sha256 : str
        Digest of version, shape, unit names and multiplicities.
    """

    units: tuple[str, ...]
    strata: tuple[str, ...]
    weights: Weights
    sha256: str


def resample_matrix(
    kind: str, units: Sequence[str], strata: Sequence[str], n_resamples: int = RESAMPLES
) -> ResampleMatrix:
    """Draw the matrix that belongs to a kind, its units and their strata.

    The same arguments give the same bytes on every machine and NumPy release, whatever the order
    of the units, and fewer resamples are a prefix of more: indices are made here from raw words
    of PCG64 by multiply and shift, seeded by the first 16 bytes of SHA-256 over kind, sorted
    names and strata.

    Parameters
    ----------
    kind : str
        Kind of submission; separates matrices over equal names.
    units : sequence of str, shape (n_units,)
        Names of slides or patients, each once.
    strata : sequence of str, shape (n_units,)
        Label of each unit, ``class/centre`` or ``class``; see `merge_small_strata`.

    Raises
    ------
    ValueError
        When there is no unit or no resample, a name repeats, the sequences differ in length, or
        a multiplicity does not fit in a byte.
    """
    _check_units(units, strata, n_resamples)
    order = sorted(range(len(units)), key=lambda index: units[index])
    names = tuple(units[index] for index in order)
    labels = tuple(strata[index] for index in order)
    merged = merge_small_strata(labels)
    weights = _draw(_seed(kind, names, labels), merged, n_resamples)
    return ResampleMatrix(names, merged, weights, _digest(names, weights))


def merge_small_strata(strata: Sequence[str]) -> tuple[str, ...]:
    """Merge strata of fewer than `SMALLEST_STRATUM` units, shape (n_units,) in and out.

    The smallest one joins the next smallest of its class (the label's part before ``/``), or of
    all where its class has no other, until none is too small or one is left. Equal sizes go by
    name. A merged stratum is named by its parts, joined by ``+``.
    """
    members: dict[str, list[int]] = {}
    for index, label in enumerate(strata):
        members.setdefault(label, []).append(index)
    while len(members) > 1:
        smallest, *others = sorted(members, key=lambda label: (len(members[label]), label))
        if len(members[smallest]) >= SMALLEST_STRATUM:
            break
        partner = next((other for other in others if _share_class(smallest, other)), others[0])
        name = _MERGED_SEPARATOR.join(sorted([smallest, partner]))
        members[name] = members.pop(smallest) + members.pop(partner)
    label_of = {index: label for label, indices in members.items() for index in indices}
    return tuple(label_of[index] for index in range(len(strata)))


def leave_one_out(n_units: int) -> Weights:
    """Return the weights of the jackknife, shape (n_units, n_units): row u lacks unit u."""
    return 1 - np.eye(n_units, dtype=np.uint8)


def every_unit_once(n_units: int) -> Weights:
    """Return the weights of the sample itself, shape (1, n_units)."""
    return np.ones((1, n_units), dtype=np.uint8)


def check_weights(weights: Weights, n_units: int) -> None:
    """Make sure that weights are multiplicities of `n_units` units.

    Raises
    ------
    ValueError
        When they are not a uint8 array of shape (n_resamples, n_units).
    """
    if weights.dtype != np.uint8 or weights.ndim != 2 or weights.shape[1] != n_units:  # noqa: PLR2004 - two axes
        raise ValueError(
            f"weights must be uint8 of shape (n_resamples, {n_units}), "
            f"got {weights.dtype} of shape {weights.shape}"
        )


def _check_units(units: Sequence[str], strata: Sequence[str], n_resamples: int) -> None:
    if not units or n_resamples < 1:
        raise ValueError(f"nothing to resample: {len(units)} units, {n_resamples} resamples")
    if len(units) != len(strata):
        raise ValueError(f"{len(units)} units but {len(strata)} strata")
    if len(set(units)) != len(units):
        raise ValueError("a unit is named twice")


def _share_class(one: str, other: str) -> bool:
    return bool(_classes(one) & _classes(other))


def _classes(stratum: str) -> set[str]:
    return {part.split(_CLASS_SEPARATOR)[0] for part in stratum.split(_MERGED_SEPARATOR)}


def _seed(kind: str, names: tuple[str, ...], strata: tuple[str, ...]) -> int:
    text = json.dumps([MATRIX_VERSION, kind, names, strata], separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:_SEED_BYTES], "big")


def _draw(seed: int, strata: tuple[str, ...], n_resamples: int) -> Weights:
    """Draw, row by row, as many units of each stratum as it has."""
    label = np.array(strata)
    columns_of = [np.flatnonzero(label == stratum) for stratum in sorted(set(strata))]
    generator = PCG64(seed)
    weights = np.empty((n_resamples, label.size), dtype=np.uint8)
    for start in range(0, n_resamples, _BLOCK):
        rows = weights[start : start + _BLOCK]
        words = (generator.random_raw(rows.size) >> _HALF_WORD).reshape(rows.shape)
        for columns in columns_of:
            index = (words[:, columns] * np.uint64(columns.size)) >> _HALF_WORD
            rows[:, columns] = _count_rows(index.astype(np.int64), columns.size)
    return weights


def _count_rows(index: NDArray[np.int64], n_units: int) -> Weights:
    """Count each value 0 .. n_units - 1 in each row, shape (n_resamples, n_units)."""
    row_start = np.arange(index.shape[0])[:, np.newaxis] * n_units
    counts = np.bincount((index + row_start).ravel(), minlength=index.shape[0] * n_units)
    if counts.max() > np.iinfo(np.uint8).max:
        raise ValueError("a multiplicity does not fit in a byte")
    return counts.reshape(index.shape).astype(np.uint8)


def _digest(names: tuple[str, ...], weights: Weights) -> str:
    header = json.dumps([MATRIX_VERSION, weights.shape, names], separators=(",", ":"))
    digest = hashlib.sha256(f"{header}\n".encode())
    digest.update(np.ascontiguousarray(weights).tobytes())
    return digest.hexdigest()
