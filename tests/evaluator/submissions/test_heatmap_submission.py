import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluator.results.parameters import LesionParameters
from evaluator.results.result import JsonObject, Result, canonical_json, result_from_json
from evaluator.scoring.evaluation import evaluate
from evaluator.submissions.checking import CheckReport, check
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.version import case_list
from tests.builders import zip_file
from tests.evaluator.hostile_images import npy, png, tiff
from tests.evaluator.makers import folder, mask, slide, truth

SIZE = (1600, 3200)
TOML = "[suppression]\nradius = 256\nthreshold = 0.25\n"


def two_slides() -> GroundTruth:
    lesion = mask([[1, 1], [1, 1]], x0=10, y0=20)
    return truth([slide("test_001", lesion, size=SIZE), slide("test_002", size=SIZE)])


def hill(row: int, column: int, value: int) -> NDArray[np.uint8]:
    values = np.zeros((50, 25), dtype=np.uint8)
    values[row, column] = value
    return values


# Level-0 (352, 672) is level-5 pixel (11, 21), in the lesion.
HIT = hill(10, 5, 255)
MISS = hill(40, 20, 128)


def scored(path: Path, parameters: LesionParameters | None = None) -> Result:
    return evaluate(Kind.LESIONS, path, two_slides(), parameters or LesionParameters())


def checked(path: Path, parameters: LesionParameters | None = None) -> CheckReport:
    return check(Kind.LESIONS, path, case_list(two_slides()), parameters)


def codes(report: CheckReport) -> list[str]:
    return [str(problem.code) for problem in report.problems]


def submitted(result: Result) -> JsonObject:
    return result.provenance.submitted


@pytest.mark.parametrize(
    ("suffix", "first", "second"),
    [
        ("png", png(HIT), png(MISS)),
        ("tif", tiff(HIT, compression="zlib"), tiff(MISS)),
        ("npy", npy(HIT), npy(MISS / 255)),
    ],
)
def test_a_heatmap_scores_as_its_list_of_detections_does(
    tmp_path: Path, suffix: str, first: bytes, second: bytes
) -> None:
    maps = folder(tmp_path / "maps", {f"test_001.{suffix}": first, f"TEST_002.{suffix}": second})
    lists = {"test_001.csv": "1,352,672\n", "test_002.csv": f"{128 / 255!r},1312,2592\n"}

    found = scored(maps)

    assert found.aggregates == scored(folder(tmp_path / "lists", lists)).aggregates
    assert found.score == 1.0


def test_a_zip_and_a_folder_give_one_result(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"test_001.png": png(HIT), "test_002.png": png(MISS)}
    written = zip_file(tmp_path / "a.zip", files)

    assert scored(written) == scored(folder(tmp_path / "a", files))


def test_what_was_used_is_in_the_provenance(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "test_001.png": png(HIT),
        "test_002.png": png(MISS),
        "test_002.json": '{"stride_x": 60, "stride_y": 64}',
        "submission.toml": TOML,
    }

    found = scored(folder(tmp_path, files))

    whole = {"stride_x": 64.0, "stride_y": 64.0, "origin_x": 0.0, "origin_y": 0.0}
    assert submitted(found) == {
        "forms": ["png"],
        "suppression": {"threshold": 0.25, "radius": 256.0, "sigma": 0.0, "ties": "interior"},
        "geometry": {"test_001": whole, "test_002": {**whole, "stride_x": 60.0}},
    }
    again = result_from_json(json.loads(json.dumps(found.to_json())))
    assert again.provenance.submitted == submitted(found)


def test_metadata_are_part_of_the_content(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"test_001.png": png(HIT), "test_002.png": png(MISS)}
    plain = scored(folder(tmp_path / "a", files))
    told = scored(folder(tmp_path / "b", {**files, "submission.toml": TOML}))

    assert plain.provenance.content_sha256 != told.provenance.content_sha256


def test_detection_csvs_say_so(tmp_path: Path) -> None:
    found = scored(folder(tmp_path, {"test_001.csv": "", "test_002.csv": ""}))

    assert submitted(found) == {"forms": ["detections"]}


def test_one_form_a_submission_unless_the_phase_allows_more(tmp_path: Path) -> None:
    path = folder(tmp_path, {"test_001.png": png(HIT), "test_002.csv": ""})

    assert codes(checked(path)) == ["mixed_forms"]
    assert codes(checked(path, LesionParameters(allows_mixed_forms=True))) == []


def test_a_phase_may_take_no_heatmaps(tmp_path: Path) -> None:
    path = folder(tmp_path, {"test_001.png": png(HIT), "test_002.csv": ""})

    report = checked(path, LesionParameters(allows_heatmaps=False))

    assert codes(report) == ["missing_slide", "unexpected_file"]


def test_a_csv_with_a_patch_size_is_a_patch_grid(tmp_path: Path) -> None:
    grid = "x,y,score\n320,640,0.9\n384,640,0.8\n"
    files = {
        "test_001.csv": grid,
        "test_002.csv": "x,y,score\n",
        "submission.toml": "[heatmap]\npatch_size = 64\nanchor = 'top_left'\n",
    }

    found = scored(folder(tmp_path, files))

    # Both lie within the radius: one detection, at the middle of the stronger, (352, 672).
    assert found.case["test_001"] == {
        "detections": 1,
        "false_positives": 0,
        "ignored": 0,
        "lesions": [{"label": 1, "confidence": 0.9}],
    }
    assert submitted(found)["geometry"] == {
        name: {"patch_size": 64.0, "anchor": "top_left"} for name in ("test_001", "test_002")
    }


def test_geojson_is_read_as_detections(tmp_path: Path) -> None:
    point = {
        "geometry": {"type": "Point", "coordinates": [352, 672]},
        "properties": {"measurements": {"Tumour": 0.75}},
    }
    files = {
        "test_001.geojson": json.dumps([point]),
        "test_002.geojson": "[]",
        "submission.toml": "[geojson]\nmeasurement = 'Tumour'\n",
    }

    found = scored(folder(tmp_path, files))

    assert found.score == 1.0
    assert submitted(found) == {"forms": ["geojson"], "measurement": "Tumour"}


def test_the_weakest_are_left_out_with_a_warning_that_names_both_counts(tmp_path: Path) -> None:
    values = np.zeros((50, 25), dtype=np.uint8)
    values[0, 0], values[25, 0], values[49, 24] = 200, 210, 220
    path = folder(tmp_path, {"test_001.png": png(values), "test_002.png": png(MISS)})

    report = checked(path, LesionParameters(max_detections_per_slide=2))

    assert codes(report) == []
    (left_out,) = [w for w in report.warnings if w.code == "detections_left_out"]
    assert left_out.detail == "Slide test_001: 3 detections were found; the strongest 2 are kept."
    assert left_out.file == "test_001.png"


def test_a_choice_outside_the_phases_range_is_refused(tmp_path: Path) -> None:
    path = folder(
        tmp_path, {"test_001.png": png(HIT), "test_002.png": png(MISS), "submission.toml": TOML}
    )
    narrow = LesionParameters(lowest_radius=768.0, highest_radius=768.0)

    report = checked(path, narrow)

    assert [(str(p.code), p.file, p.line) for p in report.problems] == [
        ("choice_not_allowed", "submission.toml", 2)
    ]


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ('[slides."TEST_001.tif"]\nscale_max = 200\n', None),
        ("[slides.tset_001]\nscale_max = 200\n", "unknown_slide"),
        (
            '[slides.test_001]\nscale_max = 200\n[slides."test_001.tif"]\nscale_max = 100\n',
            "duplicate_slide",
        ),
    ],
)
def test_slides_in_the_metadata_are_matched_as_files_are(
    tmp_path: Path, tables: str, code: str | None
) -> None:
    maps = {"test_001.png": png(hill(10, 5, 200)), "test_002.png": png(MISS)}

    report = checked(folder(tmp_path, {**maps, "submission.toml": tables}))

    assert [(str(p.code), p.file) for p in report.problems] == (
        [(code, "submission.toml")] if code else []
    )


def test_metadata_of_a_slide_count_whatever_its_name_is_written_like(tmp_path: Path) -> None:
    maps = {"test_001.png": png(hill(10, 5, 200)), "test_002.png": png(MISS)}
    tables = '[slides."TEST_001.tif"]\nscale_max = 200\n'

    found = scored(folder(tmp_path, {**maps, "submission.toml": tables}))

    assert found.case["test_001"]["lesions"] == [{"label": 1, "confidence": 1.0}]  # type: ignore[index,call-overload]


def test_the_spelling_of_a_files_name_leaves_no_trace_in_the_result(tmp_path: Path) -> None:
    square = truth([slide("test_001", mask([[1]]), size=(1600, 1600))])
    content = npy(hill(10, 5, 255)[:25])
    names = ("test_001.npy", "Test_001.NPY")
    first, second = (
        evaluate(Kind.LESIONS, folder(tmp_path / name, {name: content}), square, LesionParameters())
        for name in names
    )

    warned = [(str(one.code), one.file) for one in first.provenance.warnings]
    assert ("axes_unknown", "test_001.npy") in warned
    assert canonical_json(first.to_json()) == canonical_json(second.to_json())
