import pytest

from evaluator.metrics.staging import confusion_matrix, node_metrics, stage_from_nodes


@pytest.mark.parametrize(
    ("categories", "stage"),
    [
        ("negative negative negative negative negative", "pN0"),
        ("itc itc itc itc itc", "pN0(i+)"),
        ("micro itc negative negative negative", "pN1mi"),
        ("micro micro micro micro micro", "pN1mi"),
        ("macro negative negative negative negative", "pN1"),
        ("macro micro micro itc itc", "pN1"),
        ("macro micro micro micro itc", "pN2"),
        ("macro macro macro macro macro", "pN2"),
    ],
)
def test_the_stage_that_nodes_give(categories: str, stage: str) -> None:
    assert stage_from_nodes(categories.split()) == stage


def test_a_confusion_matrix_has_the_reference_in_its_rows() -> None:
    matrix = confusion_matrix(["a", "a", "b"], ["a", "b", "b"], ("a", "b"))

    assert matrix.tolist() == [[1, 1], [0, 1]]


def test_pairs_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        confusion_matrix(["a", "a"], ["a"], ("a", "b"))


def test_node_metrics_counted_by_hand() -> None:
    reference = ["negative", "negative", "itc", "micro", "macro", "macro"]
    submitted = ["negative", "micro", "itc", "micro", "macro", "itc"]

    found = node_metrics(reference, submitted)

    assert found.confusion.tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1]]
    assert found.accuracy == 4 / 6
    assert found.recall == (0.5, 1.0, 1.0, 0.5)
    assert found.n_of_category == (2, 1, 1, 2)
    assert (found.sensitivity, found.specificity) == (2 / 3, 2 / 3)
    # 1 - sum of squared distances / expected: 1 - 8 / (90 / 6)
    assert found.kappa == pytest.approx(7 / 15)


def test_what_the_reference_lacks_is_undefined() -> None:
    found = node_metrics(["negative", "negative"], ["negative", "negative"])

    assert found.recall == (1.0, None, None, None)
    assert found.sensitivity is None
    assert found.specificity == 1.0
    assert found.kappa is None


def test_node_metrics_without_nodes_are_refused() -> None:
    with pytest.raises(ValueError, match="need a node"):
        node_metrics([], [])
