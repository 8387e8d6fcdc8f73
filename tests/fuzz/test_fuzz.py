import pytest

from tests.fuzz.mutations import mutations
from tests.fuzz.parsers import PARSERS
from tests.fuzz.run import fuzz

N_MUTATIONS = 10_000
SEED = 20261123


@pytest.mark.parametrize("name", PARSERS)
def test_nothing_but_named_errors_escapes_a_parser(name: str) -> None:
    outcome = fuzz(name, N_MUTATIONS, SEED)

    assert outcome.escapes == ()
    assert outcome.slowest_seconds < 60  # the time limit of the decoder for a slide


def test_mutations_are_repeatable_and_differ() -> None:
    first = list(mutations((b"0.5,1,2\n",), 100, 1))

    assert first == list(mutations((b"0.5,1,2\n",), 100, 1))
    assert len(set(first)) > 50
