from random import Random

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.forms.detections import Detections
from evaluator.results.parameters import LesionParameters
from evaluator.results.result import JsonObject, Result, canonical_json, provenance_of
from evaluator.scoring.lesions import LesionPart, combine, score_slide
from ground_truth.types import EvaluationMask, Kind, SlideTruth
from tests.evaluator.makers import mask, slide

PARAMETERS = LesionParameters()
PROVENANCE = provenance_of(Kind.LESIONS, PARAMETERS, "0123456789ab", "f" * 64, ())


def detections(*rows: tuple[float, float, float]) -> Detections:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Detections(table[:, 0], table[:, 1], table[:, 2])


def at(confidence: float, column: int, row: int = 0) -> tuple[float, float, float]:
    """Return a detection in the middle of a level-5 pixel."""
    return confidence, column * 32 + 16, row * 32 + 16


def parts(*pairs: tuple[SlideTruth, Detections]) -> list[LesionPart]:
    return [score_slide(found, truth, PARAMETERS) for truth, found in pairs]


def section(result: Result, name: str) -> JsonObject:
    found = result.aggregates[name]
    assert isinstance(found, dict)
    return found


# T1 holds lesions 1 and 2 and the ITC-sized region 3, T2 lesion 1; N1 and N2 are normal.
T1 = slide("t1", mask([[1, 0, 2, 0, 3, 0]], itc=[3]))
T2 = slide("t2", mask([[1, 0, 0, 0]]))
N1, N2 = slide("n1"), slide("n2")


def four_slides() -> list[LesionPart]:
    return parts(
        (T1, detections(at(0.95, 0), at(0.90, 0), at(0.60, 4), at(0.70, 5))),
        (T2, detections(at(0.40, 0), at(0.80, 3))),
        (N1, detections(at(0.85, 1), at(0.40, 2))),
        (N2, detections()),
    )


def test_four_slides_counted_by_hand() -> None:
    result = combine(four_slides(), PROVENANCE)

    assert result.score == pytest.approx(0.5555556, abs=1e-7)
    froc = section(result, "froc")
    assert (froc["n_slides"], froc["n_lesions"], froc["n_points"]) == (4, 3, 6)
    assert froc["curve"] == {
        "threshold": [None, 0.95, 0.85, 0.80, 0.70, 0.40],
        "fps_per_slide": [0.0, 0.0, 0.25, 0.5, 0.75, 1.0],
        "sensitivity": [0.0, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 2 / 3],
    }
    assert section(result, "froc_diag")["score"] == pytest.approx(0.5555556, abs=1e-7)


def test_each_slides_outcomes_are_listed_for_organisers() -> None:
    result = combine(four_slides(), PROVENANCE)

    assert result.case["t1"] == {
        "detections": 4,
        "false_positives": 1,
        "ignored": 1,
        "lesions": [{"label": 1, "confidence": 0.95}, {"label": 2, "confidence": None}],
    }
    assert result.case["n2"] == {
        "detections": 0,
        "false_positives": 0,
        "ignored": 0,
        "lesions": [],
    }


def test_the_order_of_slides_does_not_matter() -> None:
    forwards = combine(four_slides(), PROVENANCE)
    backwards = combine(four_slides()[::-1], PROVENANCE)

    assert canonical_json(forwards.to_json()) == canonical_json(backwards.to_json())


def test_a_reference_without_a_lesion_leaves_the_score_undefined() -> None:
    result = combine(parts((N1, detections(at(0.5, 1)))), PROVENANCE)

    assert result.score is None
    for name in ("froc", "froc_2016", "froc_diag"):
        assert result.aggregates[name] == {
            "value": None,
            "reason": "no_lesions",
            "n_slides": 1,
            "n_lesions": 0,
        }
    assert '"score":null' in canonical_json(result.to_json())


def test_no_slide_at_all_leaves_the_score_undefined() -> None:
    assert combine([], PROVENANCE).score is None


def test_the_two_coordinate_rules_differ_beyond_half_a_pixel() -> None:
    truth = slide("t1", mask([[0, 1]]))

    # 31 / 32 floors to column 0 but rounds to column 1, the lesion
    part = score_slide(detections((0.5, 31.0, 0.0)), truth, PARAMETERS)

    assert part.matching.fp_confidence.tolist() == [0.5]
    assert part.matching_diag.lesion_score.tolist() == [0.5]


def test_a_half_pixel_rounds_to_the_even_one() -> None:
    truth = slide("t1", mask([[1, 0, 2]]))

    part = score_slide(detections((0.5, 16.0, 0.0), (0.7, 48.0, 0.0)), truth, PARAMETERS)

    # 16 / 32 = 0.5 goes to column 0, 48 / 32 = 1.5 to column 2
    assert part.matching_diag.lesion_score.tolist() == [0.5, 0.7]


def test_fractional_coordinates_are_floored() -> None:
    truth = slide("t1", mask([[1, 0]]))

    part = score_slide(detections((0.5, 31.999, 31.999)), truth, PARAMETERS)

    assert part.matching.lesion_score.tolist() == [0.5]


def test_a_point_beyond_the_raster_is_background() -> None:
    truth = slide("t1", mask([[1, 1]]), size=None)

    part = score_slide(detections((0.5, 2.0**20 - 1, 0.0)), truth, PARAMETERS)

    assert part.matching.fp_confidence.tolist() == [0.5]
    assert part.matching_diag.fp_confidence.tolist() == [0.5]


def test_each_protocol_takes_its_own_spacing() -> None:
    # At 0.226 um the limit of ITC-sized regions is longer in pixels: region 1 no longer counts.
    wide = mask([[1, 0, 2]])
    own = mask([[1, 0, 2]], itc=[1])
    truth = slide("t1", wide, own=own, spacing_um=0.226)

    result = combine(parts((truth, detections(at(0.5, 0)))), PROVENANCE)

    assert section(result, "froc")["n_lesions"] == 2
    assert section(result, "froc_2016")["n_lesions"] == 2
    assert section(result, "froc_diag")["n_lesions"] == 1
    assert section(result, "froc")["score"] == 0.5
    assert section(result, "froc_diag")["score"] == 0.0


def test_a_stored_curve_ends_where_no_rate_is_read_any_more() -> None:
    found = detections(*(at(0.5 + number / 1000, 5) for number in range(100)))

    froc = section(combine(parts((T1, found)), PROVENANCE), "froc")

    assert froc["n_points"] == 101
    assert isinstance(froc["curve"], dict)
    assert froc["curve"]["fps_per_slide"] == [float(number) for number in range(9)]


def test_a_slide_without_masks_cannot_be_scored() -> None:
    truth = slide("t1")
    without = SlideTruth(
        truth.slide, 1, 1, truth.dimensions, 0.243, "normal", None, None, frozenset()
    )

    with pytest.raises(ValueError, match="t1 has no evaluation mask"):
        score_slide(detections(), without, PARAMETERS)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.2, 0.5, 0.9]), st.integers(0, 9), st.integers(0, 3)),
        max_size=30,
    ),
    st.randoms(),
)
def test_the_order_of_rows_does_not_matter(
    rows: list[tuple[float, int, int]], random: Random
) -> None:
    truth = slide("t1", a_mask())
    before = combine(parts((truth, detections(*(at(*row) for row in rows)))), PROVENANCE)
    random.shuffle(rows)
    after = combine(parts((truth, detections(*(at(*row) for row in rows)))), PROVENANCE)

    # The protocol of 2016 alone depends on it, by the order of a Python set.
    assert before.score == after.score
    assert before.aggregates["froc"] == after.aggregates["froc"]
    assert before.aggregates["froc_diag"] == after.aggregates["froc_diag"]
    assert before.case == after.case


def a_mask() -> EvaluationMask:
    return mask([[0, 1, 1, 0, 2], [0, 0, 0, 0, 2], [3, 0, 0, 0, 0]], itc=[3], x0=2, y0=1)
