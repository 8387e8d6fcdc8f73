import numpy as np
from hypothesis import given, strategies as st
from scipy.stats import rankdata

from evaluator.metrics.midranks import midranks


def test_ties_share_the_mean_of_their_places() -> None:
    assert midranks(np.array([0.9, 0.9, 0.8, 0.7])).tolist() == [3.5, 3.5, 2.0, 1.0]


@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]), max_size=30))
def test_midranks_are_scipys_average_ranks(values: list[float]) -> None:
    assert midranks(np.array(values)).tolist() == rankdata(values, "average").tolist()
