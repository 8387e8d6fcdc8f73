from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from evaluator.heatmaps import plateaus, suppression
from evaluator.heatmaps.suppression import Reach, repeated_maximum
from evaluator.results.parameters import Ties
from tests.evaluator.slow_suppression import slow_repeated_maximum

RNG = np.random.default_rng(20261123)


def blobs(n_blobs: int) -> NDArray[np.float32]:
    """Return a map of Gaussian hills, 60 x 70."""
    row, column = np.mgrid[0:60, 0:70].astype(np.float32)
    found = np.zeros((60, 70), dtype=np.float32)
    for y, x, width in RNG.uniform((0, 0, 2), (60, 70, 6), (n_blobs, 3)):
        found += np.exp(-((row - y) ** 2 + (column - x) ** 2) / (2 * width**2))
    return np.minimum(found, 1.0)


def bordered() -> NDArray[np.float32]:
    values = np.zeros((20, 30), dtype=np.float32)
    values[0], values[-1], values[:, 0], values[:, -1] = 0.9, 0.9, 0.8, 0.95
    return values


MAPS: dict[str, tuple[NDArray[Any], float]] = {
    "sparse": (blobs(3), 0.5),
    "mid": (blobs(12), 0.5),
    "dense": (RNG.uniform(0.4, 1.0, (60, 70)).astype(np.float32), 0.5),
    "double": (RNG.uniform(0.0, 1.0, (60, 70)), 0.5),
    "8-bit with ties": ((blobs(12) * 255).astype(np.uint8), 127),
    "16-bit": ((blobs(12) * 65535).astype(np.uint16), 32767),
    "border": (bordered(), 0.5),
    "all equal": (np.full((40, 50), 255, dtype=np.uint8), 127),
    "one row": (np.full((1, 50), 255, dtype=np.uint8), 127),
    "one column": (np.full((50, 1), 0.75), 0.5),
}


@pytest.mark.parametrize("ties", list(Ties))
@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("reach", [Reach(12, 12), Reach(1, 1), Reach(3, 5), Reach(500, 2)])
def test_the_list_is_that_of_the_literal_loop(name: str, ties: Ties, reach: Reach) -> None:
    values, cutoff = MAPS[name]

    found = repeated_maximum(values, cutoff, reach, ties).tolist()

    assert found == slow_repeated_maximum(values, cutoff, reach, ties)
    assert found


@st.composite
def maps(draw: st.DrawFn) -> NDArray[Any]:
    """Return small maps of few values in blocks, so that there are areas of one value."""
    kind = draw(st.sampled_from([np.uint8, np.uint16, np.float32, np.float64]))
    small = draw(
        arrays(
            np.uint8,
            st.tuples(st.integers(1, 6), st.integers(1, 6)),
            elements=st.integers(0, 4),
        )
    )
    block = draw(st.integers(1, 7))
    values = np.kron(small, np.ones((block, block), dtype=np.uint8)).astype(kind)
    return values / kind(4) if np.issubdtype(kind, np.floating) else values


@given(
    values=maps(),
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    ties=st.sampled_from(Ties),
    rounds=st.integers(0, 3),
    dense=st.integers(0, 9),
)
@settings(max_examples=300, deadline=None)
def test_any_map_gives_the_list_of_the_literal_loop(
    values: NDArray[Any], rows: int, columns: int, ties: Ties, rounds: int, dense: int
) -> None:
    cutoff = 0.5 if values.dtype.kind == "f" else 2
    reach = Reach(rows, columns)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plateaus, "ROUNDS_OF_PEELING", rounds)
        patch.setattr(plateaus, "DENSE_FRAME_FACTOR", dense)
        found = repeated_maximum(values, cutoff, reach, ties).tolist()

    assert found == slow_repeated_maximum(values, cutoff, reach, ties)


def test_keys_that_do_not_fit_one_integer_are_sorted_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values, cutoff = MAPS["8-bit with ties"]
    packed = repeated_maximum(values, cutoff, Reach(3, 3), Ties.INTERIOR).tolist()

    monkeypatch.setattr(suppression, "_KEY_BITS", 0)

    assert repeated_maximum(values, cutoff, Reach(3, 3), Ties.INTERIOR).tolist() == packed


def test_the_square_is_half_open() -> None:
    values = np.zeros((1, 7))
    values[0] = (0.6, 0.6, 0.6, 0.9, 0.6, 0.6, 0.6)

    # 0.9 at column 3 clears columns 1, 2, 3 and 4.
    found = repeated_maximum(values, 0.5, Reach(2, 2), Ties.FIRST)

    assert found.tolist() == [3, 0, 5]


def test_a_value_at_the_threshold_is_not_reported() -> None:
    assert repeated_maximum(np.full((3, 3), 0.5), 0.5, Reach(1, 1), Ties.FIRST).size == 0


def test_counting_stops_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "MOST_COUNTED_POINTS", 5)

    found = repeated_maximum(np.ones((9, 9)), 0.5, Reach(1, 1), Ties.FIRST)

    assert found.tolist() == [0, 1, 2, 3, 4]
