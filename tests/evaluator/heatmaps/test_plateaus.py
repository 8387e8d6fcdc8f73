import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from evaluator.heatmaps import plateaus
from evaluator.heatmaps.plateaus import depths
from tests.evaluator.slow_suppression import slow_depths


def test_the_depths_of_a_square_in_a_frame() -> None:
    values = np.zeros((7, 7), dtype=np.uint8)
    values[1:6, 1:6] = 9
    at = np.flatnonzero(values)

    assert depths(values, at).reshape(5, 5).tolist() == [
        [1, 1, 1, 1, 1],
        [1, 2, 2, 2, 1],
        [1, 2, 3, 2, 1],
        [1, 2, 2, 2, 1],
        [1, 1, 1, 1, 1],
    ]


@given(
    small=arrays(
        np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 2)
    ),
    block=st.integers(1, 8),
    rounds=st.integers(0, 4),
    dense=st.integers(0, 9),
)
@settings(max_examples=200, deadline=None)
def test_depths_are_those_of_every_square_looked_at(
    small: NDArray[np.uint8], block: int, rounds: int, dense: int
) -> None:
    values = np.kron(small, np.ones((block, block), dtype=np.uint8))
    at = np.flatnonzero(values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plateaus, "ROUNDS_OF_PEELING", rounds)
        patch.setattr(plateaus, "DENSE_FRAME_FACTOR", dense)
        found = depths(values, at)

    assert found.tolist() == slow_depths(values.astype(np.float64)).reshape(-1)[at].tolist()
