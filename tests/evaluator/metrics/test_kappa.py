import pytest
from hypothesis import assume, given, strategies as st

from evaluator.metrics.kappa import quadratic_kappa
from tests.oracles import slow_kappa

FIVE = ("a", "b", "c", "d", "e")

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)


def kappa_of_table(table: list[list[int]]) -> float | None:
    labels = FIVE[: len(table)]
    counted = [
        (labels[row], labels[column])
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        for _ in range(count)
    ]
    return quadratic_kappa([true for true, _ in counted], [given for _, given in counted], labels)


def test_a_table_that_four_programs_agree_on() -> None:
    table = [
        [20, 2, 1, 0, 0],
        [3, 4, 3, 1, 0],
        [1, 2, 12, 3, 0],
        [0, 0, 2, 22, 4],
        [0, 0, 0, 3, 17],
    ]

    assert kappa_of_table(table) == pytest.approx(0.919943489522, abs=1e-12)


def test_a_published_table_of_couples() -> None:
    # Agresti's SexualFun table, as distributed with R's vcd.
    table = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]

    assert kappa_of_table(table) == pytest.approx(0.332045586247, abs=1e-12)


def test_absent_classes_keep_their_distance() -> None:
    reference = [FIVE[index] for index in (0, 1, 4, 4, 0)]
    submitted = [FIVE[index] for index in (0, 4, 4, 1, 1)]

    # 0.5714 if the two absent classes were left out
    assert quadratic_kappa(reference, submitted, FIVE) == pytest.approx(0.3871, abs=5e-5)


def test_one_and_the_same_class_on_both_sides_is_undefined() -> None:
    assert quadratic_kappa(["b", "b"], ["b", "b"], FIVE) is None


@pytest.mark.parametrize(
    ("reference", "submitted", "kappa"),
    [
        ("aabe", "cccc", 0.0),
        ("cccc", "aabe", 0.0),
        ("aaaa", "bbbb", 0.0),
        ("abcde", "edcba", -1.0),
        ("abcde", "abcde", 1.0),
    ],
)
def test_constant_reversed_and_perfect_answers(
    reference: str, submitted: str, kappa: float
) -> None:
    assert quadratic_kappa(list(reference), list(submitted), FIVE) == pytest.approx(kappa)


@pytest.mark.parametrize(
    ("reference", "submitted", "words"),
    [([], [], "needs pairs"), (["a"], ["a", "b"], "needs pairs"), (["z"], ["a"], "no class")],
)
def test_what_cannot_be_compared_is_refused(
    reference: list[str], submitted: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        quadratic_kappa(reference, submitted, FIVE)


@given(pairs)
def test_kappa_equals_a_slow_one_and_is_symmetric(found: list[tuple[int, int]]) -> None:
    assume(len({value for pair in found for value in pair}) > 1)
    reference = [true for true, _ in found]
    submitted = [given for _, given in found]

    names = [FIVE[index] for index in reference], [FIVE[index] for index in submitted]
    kappa = quadratic_kappa(names[0], names[1], FIVE)

    assert kappa == pytest.approx(slow_kappa(reference, submitted), abs=1e-9)
    assert kappa == pytest.approx(quadratic_kappa(names[1], names[0], FIVE), abs=1e-12)
