from evaluator.results.parameters import SlideParameters
from evaluator.results.result import provenance_of
from evaluator.scoring.slides import SlidePart, combine, score_slide
from ground_truth.types import Kind
from tests.evaluator.makers import mask, slide

PARAMETERS = SlideParameters()
PROVENANCE = provenance_of(Kind.SLIDES, PARAMETERS, "0123456789ab", "f" * 64, ())


def test_a_slides_confidence_stands_beside_its_label() -> None:
    assert score_slide(0.4, slide("t1", mask([[1]])), PARAMETERS) == SlidePart(
        "t1", is_tumour=True, confidence=0.4
    )
    assert score_slide(0.4, slide("n1"), PARAMETERS) == SlidePart(
        "n1", is_tumour=False, confidence=0.4
    )


def test_the_area_of_four_slides() -> None:
    parts = [
        SlidePart("t1", is_tumour=True, confidence=0.9),
        SlidePart("n2", is_tumour=False, confidence=0.5),
        SlidePart("t2", is_tumour=True, confidence=0.5),
        SlidePart("n1", is_tumour=False, confidence=0.1),
    ]

    result = combine(parts, PROVENANCE)

    # four pairs: three won, one tied
    assert result.score == 0.875
    assert result.aggregates["auc"] == {"value": 0.875, "n_slides": 4, "n_tumour": 2}
    assert result.case["t2"] == {"confidence": 0.5, "label": "tumour"}
    assert list(result.case) == ["n1", "n2", "t1", "t2"]


def test_one_class_alone_leaves_the_score_undefined() -> None:
    result = combine([SlidePart("t1", is_tumour=True, confidence=0.9)], PROVENANCE)

    assert result.score is None
    assert result.aggregates["auc"] == {
        "value": None,
        "reason": "single_class",
        "n_slides": 1,
        "n_tumour": 1,
    }
