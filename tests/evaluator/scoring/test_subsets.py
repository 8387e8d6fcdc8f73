from dataclasses import replace

import pytest

from evaluator.scoring.subsets import subset_of
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.version import case_list
from tests.evaluator.makers import BOTH, mask, slide, truth


def whole() -> GroundTruth:
    """Return 130 slides like those of CAMELYON16, 114 left out of lesions, 049 of everything."""
    kinds = {"test_049": frozenset[Kind](), "test_114": frozenset({Kind.SLIDES})}
    names = [f"test_{number:03}" for number in range(1, 131)]
    return truth(
        [
            slide(name, mask([[1]]) if number < 49 else None, kinds=kinds.get(name, BOTH))
            for number, name in enumerate(names)
        ]
    )


@pytest.mark.parametrize(
    ("kind", "name", "n_slides"),
    [
        (Kind.SLIDES, "all129", 129),
        (Kind.SLIDES, "no114", 128),
        (Kind.LESIONS, "no114", 128),
        (Kind.LESIONS, "no114_124", 127),
        # Of the 49 slides with outlines, 049 is not scored.
        (Kind.LESIONS, "tumour", 48),
    ],
)
def test_sets_have_the_slides_that_papers_report_on(kind: Kind, name: str, n_slides: int) -> None:
    assert len(subset_of(whole(), kind, name).slides_for(kind)) == n_slides


def test_a_set_leaves_case_list_version_and_other_kinds_alone() -> None:
    subset = subset_of(whole(), Kind.LESIONS, "no114_124")

    assert case_list(subset) == case_list(whole())
    assert subset.version == whole().version
    assert subset.slides_for(Kind.SLIDES) != ()
    assert "test_124" in {one.slide for one in subset.slides_for(Kind.SLIDES)}


def test_one_centre_can_be_scored_alone() -> None:
    centred = truth([replace(slide("a"), centre="Left"), replace(slide("b"), centre="Right")])

    (only,) = subset_of(centred, Kind.SLIDES, "centre:Right").slides_for(Kind.SLIDES)

    assert only.slide == "b"


def test_a_set_of_papers_is_refused_where_a_slide_of_it_is_not_scored() -> None:
    with pytest.raises(ValueError, match="does not score test_114 for kind lesions"):
        subset_of(whole(), Kind.LESIONS, "all129")
    with pytest.raises(ValueError, match="does not score test_002, test_003, test_004, …"):
        subset_of(truth([slide("test_001")]), Kind.SLIDES, "all129")


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        (Kind.LESIONS, "no115", "no set 'no115'; there are all129, no114"),
        (Kind.LESIONS, "centre:Nowhere", "no slide of version 0123456789ab is in the set"),
        (Kind.STAGING, "tumour", "staging is scored by patient"),
    ],
)
def test_a_set_that_does_not_exist_is_refused(kind: Kind, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        subset_of(whole(), kind, name)
