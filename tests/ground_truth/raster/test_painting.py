import numpy as np
import pytest

from ground_truth.annotations.records import Annotation, AnnotationList
from ground_truth.errors import TruthError
from ground_truth.raster.filling import Stroke
from ground_truth.raster.painting import Recipe, check_keys, painting_of, recipe_problems


def annotation(name: str, group: str, x: float = 0) -> Annotation:
    ring = np.array([(x, 0), (x + 9, 0), (x + 9, 9)], dtype=np.float32)
    return Annotation(name=name, type="Polygon", group=group, line=7, vertices=ring)


GROUPED = AnnotationList(
    (
        annotation("one", "a", 1),
        annotation("two", "b", 2),
        annotation("three", "None", 3),
        annotation("four", "a", 4),
    ),
    has_groups=True,
)
NAMED = AnnotationList((annotation("a", "None", 1), annotation("b", "None", 2)), has_groups=False)


def painted(annotations: AnnotationList, recipe: Recipe) -> list[tuple[float, Stroke]]:
    """Return each painted ring's first x and its stroke."""
    painting = painting_of(annotations, recipe)
    firsts = [float(ring[0, 0]) for ring in painting.outlines]
    return list(zip(firsts, painting.strokes, strict=True))


def test_without_labels_everything_is_one_whatever_the_order() -> None:
    expected = [(x, Stroke(1)) for x in (1.0, 2.0, 3.0, 4.0)]

    assert painted(GROUPED, Recipe()) == expected
    assert painted(GROUPED, Recipe({}, ("b",))) == expected


def test_without_an_order_the_largest_label_wins_and_zero_never_erases() -> None:
    assert painted(GROUPED, Recipe({"a": 2, "b": 0})) == [
        (1.0, Stroke(2, is_maximum=True)),
        (4.0, Stroke(2, is_maximum=True)),
    ]


def test_with_an_order_keys_are_painted_in_it_and_zero_erases() -> None:
    assert painted(GROUPED, Recipe({"a": 1, "b": 0}, ("b", "a"))) == [
        (2.0, Stroke(0)),
        (1.0, Stroke(1)),
        (4.0, Stroke(1)),
    ]


def test_a_key_in_the_order_without_a_label_erases() -> None:
    assert painted(GROUPED, Recipe({"a": 1}, ("b",))) == [(2.0, Stroke(0))]


def test_without_groups_names_are_keys() -> None:
    assert painted(NAMED, Recipe({"b": 3}, ("b",))) == [(2.0, Stroke(3))]


def test_no_group_is_never_a_key_where_there_are_groups() -> None:
    assert painted(GROUPED, Recipe({"None": 5}, ("None",))) == []


@pytest.mark.parametrize(
    ("label", "stroke"),
    [(256, Stroke(0)), (300, Stroke(44)), (255, Stroke(255, is_maximum=True))],
)
def test_labels_beyond_8_bits_are_cut_but_compared_whole(label: int, stroke: Stroke) -> None:
    assert painted(GROUPED, Recipe({"b": label})) == [(2.0, stroke)]


def test_negative_labels_paint_only_in_an_order() -> None:
    assert painted(GROUPED, Recipe({"b": -1})) == []
    assert painted(GROUPED, Recipe({"b": -1}, ("b",))) == [(2.0, Stroke(255))]


def test_a_group_without_a_label_is_refused_with_its_line() -> None:
    with pytest.raises(TruthError) as caught:
        check_keys(GROUPED, Recipe({"a": 1}), "x.xml")

    assert str(caught.value) == "x.xml:7: group 'b' has no label"


def test_a_name_without_a_label_is_refused_where_there_are_no_groups() -> None:
    with pytest.raises(TruthError, match=r"x\.xml:7: name 'a' has no label"):
        check_keys(NAMED, Recipe({"b": 1}), "x.xml")


def test_keys_are_free_without_labels() -> None:
    check_keys(GROUPED, Recipe(), "x.xml")


@pytest.mark.parametrize(
    ("recipe", "problems"),
    [
        (Recipe({"a": 256, "b": -1}), ["label 256 of 'a' is not between 0 and 255",
                                       "label -1 of 'b' is not between 0 and 255"]),
        (Recipe({}, ("a",)), ["an order without labels has no effect"]),
        (Recipe({"a": 1}, ("a", "b")), ["'b' in the order has no label"]),
        (Recipe({"a": 1, "b": 2}, ("a",)), ["'b' has a label but no place in the order"]),
        (Recipe({"a": 1, "b": 0}, ("a", "b")), []),
    ],
)  # fmt: skip
def test_recipes_that_asap_would_misread_silently_are_refused(
    recipe: Recipe, problems: list[str]
) -> None:
    assert recipe_problems(recipe) == problems
