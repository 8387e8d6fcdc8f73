"""Tests results with intervals; ends on the golden detections are fixed to the last digit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluator.results.parameters import (
    LesionParameters,
    SlideParameters,
    StagingParameters,
)
from evaluator.results.result import Result, canonical_json, result_from_json
from evaluator.scoring.evaluation import evaluate
from ground_truth.types import GroundTruth, Kind
from tests.evaluator.makers import folder, mask, patient, slide, truth


def sections(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(canonical_json(result.to_json()))["aggregates"]
    return found


@pytest.fixture(scope="module")
def golden(shared: Path, camelyon16: GroundTruth) -> Result:
    detections = shared / "oracles" / "froc" / "detections"
    return evaluate(Kind.LESIONS, detections, camelyon16, LesionParameters(), n_resamples=10_000)


def test_the_golden_detections_have_these_intervals(golden: Result) -> None:
    found = sections(golden)

    assert golden.score == 0.7360619469026548
    assert found["froc"]["interval"] == {
        "low": 0.678116,
        "high": 0.788482,
        "level": 0.95,
        "method": "percentile",
        "fallback": None,
        "n_undefined": 0,
    }
    at_one = found["froc"]["interval_at"]["1"]
    assert (at_one["low"], at_one["high"]) == (0.694737, 0.813472)
    weighted = found["slide_weighted"]
    assert weighted["value"] == pytest.approx(0.7122197044853283, abs=1e-12)
    assert (weighted["interval"]["low"], weighted["interval"]["high"]) == (0.632031, 0.78723)


def test_resampled_scores_of_the_golden_detections_are_kept_beside_the_result(
    golden: Result,
) -> None:
    assert golden.replicates is not None
    assert golden.replicates.score.shape == (10_000,)
    # 48 slides hold lesions, but five of them a third: they carry a score as 24.6 equal ones would.
    assert golden.replicates.n_units == pytest.approx(24.6, abs=0.05)
    assert golden.replicates.resample_sha256 == golden.provenance.resample_sha256
    assert golden.replicates.sensitivity_at is not None
    np.testing.assert_allclose(
        golden.replicates.sensitivity_at.mean(axis=0), golden.replicates.score, atol=1e-6
    )


def test_lesions_of_all_classes_are_all_lesions(golden: Result) -> None:
    found = sections(golden)

    for section in ("by_lesion_size", "by_slide_label"):
        assert sum(one["n_lesions"] for one in found[section].values()) == 226
        every = [one["found_at"]["all"]["n_found"] for one in found[section].values()]
        hit = [
            lesion
            for case in golden.case.values()
            for lesion in json.loads(json.dumps(case))["lesions"]
            if lesion["confidence"] is not None
        ]
        assert sum(every) == len(hit)
    assert found["by_slide_label"]["macro"]["n_lesions"] == 156


def test_each_slides_influence_is_listed(golden: Result) -> None:
    influence = {
        name: json.loads(json.dumps(case))["influence"] for name, case in golden.case.items()
    }

    assert len(influence) == 128
    assert max(abs(value) for value in influence.values()) > 0.005


def test_without_resamples_a_result_is_what_it_always_was(
    shared: Path, camelyon16: GroundTruth, golden: Result
) -> None:
    detections = shared / "oracles" / "froc" / "detections"

    plain = evaluate(Kind.LESIONS, detections, camelyon16, LesionParameters())

    body = plain.to_json()["provenance"]
    assert isinstance(body, dict)
    assert body["resample_sha256"] is None
    assert "n_resamples" not in body
    assert plain.replicates is None
    assert set(plain.aggregates) == {"score", "froc", "froc_2016", "froc_diag"}
    assert "interval" not in sections(plain)["froc"]
    assert plain.provenance.scoring != golden.provenance.scoring
    assert plain.score == golden.score


def test_a_result_with_intervals_survives_its_json(golden: Result) -> None:
    text = canonical_json(golden.to_json())

    assert canonical_json(result_from_json(json.loads(text)).to_json()) == text


def centred_lesions() -> GroundTruth:
    """Return ten slides of two centres, tumour and normal in each, lesions 0.1 to 2.5 mm."""
    slides = []
    for number in range(10):
        regions = replace(mask([[1, 0, 2]]), feret_um=np.array([0.0, 100.0, 2500.0]))
        found = slide(f"slide_{number}", regions if number % 2 else None)
        slides.append(replace(found, centre="A" if number < 5 else "B"))
    return truth(slides)


def detections(found: set[int]) -> dict[str, str]:
    """Return files that hit the first lesion of some slides and miss the second."""
    return {f"slide_{number}.csv": "0.9,1,2\n" if number in found else "" for number in range(10)}


def test_sizes_and_centres_are_counted_where_the_truth_tells_them(tmp_path: Path) -> None:
    upload = folder(tmp_path, detections({1, 3, 7}))

    result = evaluate(Kind.LESIONS, upload, centred_lesions(), LesionParameters(), n_resamples=200)

    found = sections(result)
    # Five tumour slides with a lesion of 0.1 mm, three of them hit, and one of 2.5 mm, none hit.
    sizes = {name: one["n_lesions"] for name, one in found["by_lesion_size"].items()}
    assert sizes == {"macro": 5, "micro": 0, "up to 0.2 mm": 5}
    smallest = found["by_lesion_size"]["up to 0.2 mm"]["found_at"]["0.25"]
    assert (smallest["n_found"], smallest["value"], smallest["threshold"]) == (3, 0.6, 0.9)
    assert found["by_lesion_size"]["micro"]["found_at"]["8"]["interval"] == {
        "value": None,
        "reason": "no_lesion",
    }
    # A: slides 1 and 3 of 0 to 4; B: slide 7 of 5, 7 and 9; two lesions each.
    values = {name: one["value"] for name, one in found["by_centre"].items()}
    assert values == {"A": 0.5, "B": pytest.approx(1 / 6)}
    assert found["by_centre"]["B"]["found_at"]["1"]["n_found"] == 1
    assert found["by_centre"]["B"]["fps_per_slide_at"]["1"] == 0.0
    assert (found["worst_centre"]["centre"], found["worst_centre"]["best_centre"]) == ("B", "A")
    assert found["worst_centre"]["difference"] == pytest.approx(1 / 3)


def test_a_rate_at_which_every_lesion_is_found_keeps_an_interval(tmp_path: Path) -> None:
    every = {f"slide_{number}.csv": "0.9,1,2\n" * (number < 5) for number in range(10)}
    slides = [slide(f"slide_{number}", mask([[1]]) if number < 5 else None) for number in range(10)]

    result = evaluate(
        Kind.LESIONS, folder(tmp_path, every), truth(slides), LesionParameters(), n_resamples=300
    )

    at_eight = sections(result)["froc"]["interval_at"]["8"]
    # Wilson's lower end of 5 in 5: 1 / (1 + 1.96^2 / 5).
    assert (at_eight["low"], at_eight["high"]) == (pytest.approx(0.565518, abs=1e-6), 1.0)
    assert (at_eight["method"], at_eight["fallback"]) == ("wilson_slides", "score_at_boundary")


def test_slides_have_a_logit_interval_and_centres(tmp_path: Path) -> None:
    rows = [f"slide_{number},{0.1 + (number % 2) * 0.5 + number / 50}\n" for number in range(10)]
    upload = folder(tmp_path, {"mine.csv": "slide,p\n" + "".join(rows)})

    result = evaluate(Kind.SLIDES, upload, centred_lesions(), SlideParameters(), n_resamples=100)

    found = sections(result)
    assert found["auc"]["interval"]["method"] == "newcombe_5"
    assert found["auc"]["interval"]["fallback"] == "score_at_boundary"
    assert {name: one["n"] for name, one in found["by_centre"].items()} == {"A": 5, "B": 5}
    assert result.replicates is not None
    assert result.replicates.n_units == 5
    assert result.replicates.score.tolist() == [1.0] * 100


def test_stages_have_a_bca_interval_and_centres(tmp_path: Path) -> None:
    stages = ("pN0", "pN0(i+)", "pN1mi", "pN1", "pN2")
    patients = [
        replace(patient(f"p{number:02}", stages[number % 5], []), centre=str(number // 10))
        for number in range(20)
    ]
    given = [stages[(number + (number % 7 == 0)) % 5] for number in range(20)]
    rows = "".join(f"p{number:02}.zip,{stage}\n" for number, stage in enumerate(given))
    upload = folder(tmp_path, {"mine.csv": f"patient,stage\n{rows}"})

    result = evaluate(
        Kind.STAGING, upload, truth(patients=patients), StagingParameters(), n_resamples=500
    )

    found = sections(result)
    assert found["kappa"]["interval"]["method"] == "bca"
    assert found["kappa"]["interval"]["low"] < found["score"] < found["kappa"]["interval"]["high"]
    assert set(found["by_centre"]) == {"0", "1"}
    assert found["worst_centre"]["difference"] >= 0
    assert result.replicates is not None
    assert (result.replicates.n_units, result.replicates.score.size) == (20, 500)


def test_an_undefined_score_has_neither_interval_nor_replicates(tmp_path: Path) -> None:
    normal = truth([slide("a"), slide("b")])
    lesions = evaluate(
        Kind.LESIONS,
        folder(tmp_path / "lesions", {"a.csv": "", "b.csv": "0.5,1,1\n"}),
        normal,
        LesionParameters(),
        n_resamples=100,
    )
    slides = evaluate(
        Kind.SLIDES,
        folder(tmp_path / "slides", {"mine.csv": "a,0.5\nb,0.2\n"}),
        normal,
        SlideParameters(),
        n_resamples=100,
    )
    staging = evaluate(
        Kind.STAGING,
        folder(tmp_path / "stages", {"mine.csv": "p.zip,pN0\n"}),
        truth(patients=[patient("p", "pN0", [])]),
        StagingParameters(),
        n_resamples=100,
    )

    for result, name in ((lesions, "froc"), (slides, "auc"), (staging, "kappa")):
        assert result.score is None
        assert result.replicates is None
        assert sections(result)[name]["reason"] in {"no_lesions", "single_class"}
        assert result.provenance.resample_sha256 is not None


def test_zip_order_and_progress_do_not_change_intervals(tmp_path: Path) -> None:
    files = detections({1, 3})
    turned = dict(reversed(files.items()))

    texts = {
        canonical_json(
            evaluate(
                Kind.LESIONS,
                folder(tmp_path / name, content),
                centred_lesions(),
                LesionParameters(),
                n_resamples=50,
            ).to_json()
        )
        for name, content in (("a", files), ("b", turned))
    }

    assert len(texts) == 1
