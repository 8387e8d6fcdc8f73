from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from evaluator.metrics.intervals import Interval, Reason, Undefined
from evaluator.metrics.scores import BACKGROUND, IGNORED, Units, auc, compare_scores, froc, kappa
from evaluator.results.parameters import LesionParameters, SlideParameters, StagingParameters
from evaluator.results.result import Result
from evaluator.scoring.evaluation import evaluate
from evaluator.submissions.checking import read_lesions
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.version import case_list

FEW = Units(n_resamples=200)


def integers(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def numbers(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def test_one_missed_lesion_and_one_false_positive_on_two_slides() -> None:
    # Half a false positive a slide at sensitivity 1/2; 1/4 lies on the way to it, also at 1/2.
    score = froc(numbers(0.9, 0.5), integers(0, 1), integers(1, BACKGROUND), integers(2, 0), FEW)

    assert score.value == 0.5
    assert score.n_units == 1.0


def test_hits_on_ignored_regions_and_confidence_zero_change_nothing() -> None:
    plain = froc(numbers(0.9, 0.5), integers(0, 1), integers(1, 0), integers(2, 0), FEW)

    more = froc(
        numbers(0.9, 0.5, 0.95, 0.0),
        integers(0, 1, 0, 0),
        integers(1, 0, IGNORED, 2),
        integers(2, 0),
        FEW,
    )

    assert more.value == plain.value
    assert more.interval == plain.interval
    np.testing.assert_array_equal(more.replicates, plain.replicates)


def test_a_score_that_is_undefined_says_why() -> None:
    no_lesion = froc(numbers(0.5), integers(0), integers(0), integers(0, 0), FEW)
    one_class = auc(np.array([True, True]), numbers(0.1, 0.2), FEW)
    one_stage = kappa(["pN0", "pN0"], ["pN0", "pN0"], units=FEW)

    assert (no_lesion.value, no_lesion.interval) == (None, Undefined(Reason.NO_LESION))
    assert (one_class.value, one_class.interval) == (None, Undefined(Reason.SINGLE_CLASS))
    assert (one_stage.value, one_stage.interval) == (None, Undefined(Reason.SINGLE_CLASS))


@pytest.mark.parametrize(
    ("confidence", "slide", "hit", "message"),
    [
        (numbers(0.5, 0.4), integers(0), integers(0), "shapes differ"),
        (numbers(np.nan), integers(0), integers(0), "not finite"),
        (numbers(0.5), integers(2), integers(0), "slide index is outside 0 .. 1"),
        (numbers(0.5), integers(0), integers(3), "none of its slide's lesions"),
        (numbers(0.5), integers(1), integers(1), "none of its slide's lesions"),
        (numbers(0.5), integers(0), integers(-2), "none of its slide's lesions"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    confidence: NDArray[np.float64],
    slide: NDArray[np.int64],
    hit: NDArray[np.int64],
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        froc(confidence, slide, hit, integers(2, 0), FEW)


def test_scores_on_other_units_are_not_compared() -> None:
    two = auc(np.array([True, False]), numbers(0.9, 0.1), FEW)
    three = auc(np.array([True, False, False]), numbers(0.9, 0.1, 0.2), FEW)
    undefined = auc(np.array([True, True]), numbers(0.9, 0.1), FEW)

    with pytest.raises(ValueError, match="different slides"):
        compare_scores(two, three)
    with pytest.raises(ValueError, match="undefined"):
        compare_scores(two, undefined)


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(8)))
def test_the_order_of_named_slides_changes_nothing(order: list[int]) -> None:
    is_tumour = np.array([True, False, True, False, False, True, False, True])
    confidence = numbers(0.9, 0.2, 0.4, 0.4, 0.1, 0.8, 0.6, 0.3)
    names = [f"test_{number:03d}" for number in range(8)]
    expected = auc(is_tumour, confidence, Units(names, n_resamples=200))

    found = auc(
        is_tumour[order], confidence[order], Units([names[place] for place in order], None, 200)
    )

    assert found.value == expected.value
    assert found.interval == expected.interval
    np.testing.assert_array_equal(found.replicates, expected.replicates)


def ends(interval: Interval | Undefined) -> tuple[float, float]:
    assert isinstance(interval, Interval)
    return round(interval.low, 6), round(interval.high, 6)


def replicates_of(result: Result) -> NDArray[np.float64]:
    assert result.replicates is not None
    return result.replicates.score


def test_the_golden_detections_score_as_the_service_scores_them(
    shared: Path, camelyon16: GroundTruth
) -> None:
    folder = shared / "oracles" / "froc" / "detections"
    read = read_lesions(folder, case_list(camelyon16), LesionParameters())
    slides = camelyon16.slides_for(Kind.LESIONS)[::-1]  # in an order of our own
    confidence, slide, hit, counts = [], [], [], []
    for place, reference in enumerate(slides):
        mask, found = reference.mask, read.content[reference.slide]
        assert mask is not None
        label = mask.labels_at(
            np.floor(found.x / 32).astype(np.int64), np.floor(found.y / 32).astype(np.int64)
        )
        lesions = np.flatnonzero(~mask.is_itc_sized)[1:]
        number = np.where(mask.is_itc_sized, IGNORED, BACKGROUND)
        number[lesions] = np.arange(1, lesions.size + 1)
        confidence.append(found.confidence)
        slide.append(np.full(label.size, place))
        hit.append(number[label])
        counts.append(lesions.size)

    score = froc(
        np.concatenate(confidence),
        np.concatenate(slide),
        np.concatenate(hit),
        np.array(counts),
        Units([one.slide for one in slides], [one.label for one in slides]),
    )

    result = evaluate(Kind.LESIONS, folder, camelyon16, LesionParameters(), n_resamples=10_000)
    assert score.value == 0.7360619469026548
    assert ends(score.interval) == (0.678116, 0.788482)
    np.testing.assert_array_equal(score.replicates, replicates_of(result))


def test_kappa_of_the_stages_as_first_released_is_the_service_s(
    shared: Path, camelyon17: GroundTruth
) -> None:
    submission = shared / "data" / "camelyon17" / "stages_2017.csv"
    lines = [line.split(",")[:2] for line in submission.read_text().splitlines()]
    stated = {name.removesuffix(".zip"): stage for name, stage in lines if name.endswith(".zip")}
    patients = camelyon17.patients
    assert len(stated) == 100

    score = kappa(
        [one.stage for one in patients],
        [stated[one.patient] for one in patients],
        units=Units(
            [one.patient for one in patients], [f"patient/{one.centre}" for one in patients]
        ),
    )

    result = evaluate(Kind.STAGING, submission, camelyon17, StagingParameters(), n_resamples=10_000)
    assert round(score.value or 0.0, 6) == 0.985077
    np.testing.assert_array_equal(score.replicates, replicates_of(result))
    assert score.resample_sha256 == result.provenance.resample_sha256


def test_two_slide_methods_are_compared_as_the_service_compares_them(
    shared: Path, camelyon16: GroundTruth, tmp_path: Path
) -> None:
    source = shared / "data" / "camelyon16" / "testing" / "slide_probabilities_didsr.csv"
    header, *rows = [line.split(",") for line in source.read_text().splitlines()]
    slides = camelyon16.slides_for(Kind.SLIDES)
    by_name = {row[header.index("slide_name")]: row for row in rows}
    is_tumour = np.array([one.label == "tumour" for one in slides])
    units = Units([one.slide for one in slides], [one.label for one in slides])
    scores = [
        auc(
            is_tumour,
            numbers(*(float(by_name[s.slide][header.index(column)]) for s in slides)),
            units,
        )
        for column in ("Method_I", "Method_II_noise_norm")
    ]
    submission = tmp_path / "upload.csv"
    submission.write_text(
        "".join(f"{s.slide},{by_name[s.slide][header.index('Method_I')]}\n" for s in slides)
    )

    comparison = compare_scores(*scores)

    result = evaluate(Kind.SLIDES, submission, camelyon16, SlideParameters(), n_resamples=10_000)
    np.testing.assert_array_equal(scores[0].replicates, replicates_of(result))
    assert not isinstance(comparison, Undefined)
    assert comparison.difference == pytest.approx(0.9155612 - 0.9839286, abs=2e-7)
    assert comparison.interval.high < 0.0
