import pytest

from ground_truth.errors import TruthError
from ground_truth.reference.exclusions import (
    CAMELYON16_EXCLUSIONS,
    Exclusion,
    kinds_left,
    read_exclusions,
    unknown_slides,
)
from ground_truth.types import Kind

BOTH = frozenset({Kind.LESIONS, Kind.SLIDES})


def test_the_default_list_is_the_data_sets_own() -> None:
    training = [each for each in CAMELYON16_EXCLUSIONS if each.slide.startswith("tumor_")]

    assert [each.slide[-3:] for each in training] == (
        [
            "010",
            "015",
            "018",
            "020",
            "025",
            "029",
            "033",
            "034",
            "044",
            "046",
            "051",
            "054",
            "055",
            "056",
            "067",
            "079",
            "085",
            "092",
            "095",
            "110",
        ]
    )
    assert {each.kind for each in training} == {"lesions"}
    assert len(CAMELYON16_EXCLUSIONS) == 22


@pytest.mark.parametrize(
    ("slide", "kinds"),
    [
        ("test_001", BOTH),
        ("test_049", frozenset()),
        ("test_114", frozenset({Kind.SLIDES})),
        ("tumor_010", frozenset({Kind.SLIDES})),
    ],
)
def test_a_slide_keeps_the_kinds_it_is_not_excluded_from(
    slide: str, kinds: frozenset[Kind]
) -> None:
    assert kinds_left(slide, BOTH, CAMELYON16_EXCLUSIONS) == kinds


def test_a_file_is_read_and_one_slide_may_leave_two_kinds() -> None:
    content = b"slide,kind,reason\nA.tif,lesions,torn\na,slides,blurred\n"

    exclusions = read_exclusions(content, "e.csv")

    assert exclusions == (Exclusion("a", "lesions", "torn"), Exclusion("a", "slides", "blurred"))
    assert kinds_left("a", BOTH, exclusions) == frozenset()


def test_an_empty_list_excludes_nothing() -> None:
    assert read_exclusions(b"slide,kind,reason\n", "e.csv") == ()


def test_every_fault_is_told_by_line() -> None:
    content = b"slide,kind,reason\na,lesions,\nb,staging,x\nc,all,x\nc,all,y\n"

    with pytest.raises(TruthError) as caught:
        read_exclusions(content, "e.csv")

    assert str(caught.value).splitlines() == [
        "e.csv:2: a is excluded without a reason",
        "e.csv:3: 'staging' is no kind: write lesions, slides or all",
        "e.csv:5: c for all comes twice",
    ]


def test_an_exclusion_of_a_slide_that_is_not_there_is_a_problem() -> None:
    (problem,) = unknown_slides(CAMELYON16_EXCLUSIONS[:1], ["test_050"], "e.csv")

    assert str(problem) == "e.csv: excludes test_049, which is not in the reference"
