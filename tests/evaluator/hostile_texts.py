"""Lists hostile and unfit texts by name, CSV, patch grids, GeoJSON, metadata, with codes."""

import json
from collections.abc import Callable
from typing import Any

from tests.evaluator.hostile_images import GOOD, png

Maker = Callable[[], bytes]
Files = dict[str, Maker]


def text(content: str | bytes) -> Maker:
    return lambda: content.encode() if isinstance(content, str) else content


def detections(content: str | bytes) -> Files:
    return {"test_001.csv": text(content)}


def patches(content: str, told: str = "patch_size = 64\nanchor = 'centre'") -> Files:
    return {"test_001.csv": text(content), "submission.toml": text(f"[heatmap]\n{told}\n")}


def geojson(content: Any) -> Files:
    body = content if isinstance(content, str | bytes) else json.dumps(content)
    return {"test_001.geojson": text(body)}


def feature(kind: str, coordinates: Any, confidence: Any = 0.5) -> dict[str, Any]:
    measured = {} if confidence is None else {"Confidence": confidence}
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": {"measurements": measured},
    }


def toml(content: str | bytes) -> Files:
    return {"test_001.png": lambda: png(GOOD), "submission.toml": text(content)}


def beside(content: str) -> Files:
    return {"test_001.png": lambda: png(GOOD), "test_001.json": text(content)}


TEXTS: dict[str, tuple[Files, str]] = {
    "csv of semicolons and decimal commas": (detections("x;y;p\n1;2;0,5\n"), "decimal_comma"),
    "csv with a row longer than its header": (detections("p,x,y\n0.5,1,2,3\n"), "ragged_row"),
    "csv with NA": (detections("p,x,y\nNA,1,2\n"), "missing_value"),
    "csv with NaN": (detections("p,x,y\nNaN,1,2\n"), "missing_value"),
    "csv with 1e400": (detections("p,x,y\n0.5,1e400,2\n"), "not_a_number"),
    "csv with infinity": (detections("p,x,y\n-Infinity,1,2\n"), "not_a_number"),
    "csv with 1_0": (detections("p,x,y\n0.5,1_0,2\n"), "not_a_number"),
    "csv with Arabic digits": (detections("p,x,y\n0.5,\u0661\u0662,2\n"), "not_a_number"),
    "csv with a repeated column": (detections("p,x,x,y\n0.5,1,1,2\n"), "repeated_column"),
    "csv with a NUL": (detections("p,x,y\n0.5,1\0,2\n"), "nul_byte"),
    "csv in UTF-16": (detections("p,x,y\n0.5,1,2\n".encode("utf-16")), "not_utf8"),
    "csv in Latin-1": (detections("p,x,y,é\n".encode("latin-1")), "not_utf8"),
    "csv of open quotes": (detections('p,x,y\n"0.5,1,2\n'), "bad_quotes"),
    "csv of one long line": (detections("p,x,y\n" + "1" * 70_000), "line_too_long"),
    "csv of percent": (detections("p,x,y\n50,1,2\n"), "confidence_out_of_range"),
    "csv left of the slide": (detections("p,x,y\n0.5,-1,2\n"), "outside_slide"),
    "csv below the slide": (detections("p,x,y\n0.5,1,3200\n"), "outside_slide"),
    "csv of 1,001 rows": (detections("0.5,1,2\n" * 1001), "too_many_detections"),
    "csv of 30,000 lines": (detections("0.5,1,2\n" * 30_000), "too_many_detections"),
    "csv without x": (detections("p,y\n0.5,2\n"), "missing_column"),
    "csv of 5 MiB": (detections(" " * 5 * 2**20), "member_too_large"),
    "csv of an unknown slide": (
        {**detections(""), "test_002.csv": text("")},
        "unknown_slide",
    ),
    "patches with NaN": (patches("x,y,score\n1,2,NaN\n"), "missing_value"),
    "patches without header": (patches("0.5,1,2\n"), "missing_column"),
    "patches without x": (patches("y,score\n2,0.5\n"), "missing_column"),
    "patches of ragged rows": (patches("x,y,score\n1,2\n"), "ragged_row"),
    "patches with a repeated centre": (patches("x,y,score\n1,2,0.5\n1,2,0.6\n"), "repeated_patch"),
    "patches off the slide": (patches("x,y,score\n9000,2,0.5\n"), "heatmap_outside_slide"),
    "patches of percent": (patches("x,y,score\n1,2,50\n"), "confidence_out_of_range"),
    "patches without anchor": (
        patches("x,y,score\n1,2,0.5\n", "patch_size = 64"),
        "missing_geometry",
    ),
    "patches with a stride": (
        patches("x,y,score\n", "patch_size = 64\nanchor = 'centre'\nstride_x = 64\nstride_y = 64"),
        "missing_geometry",
    ),
    "patches too large for the radius": (
        patches("x,y,score\n1,2,0.5\n", "patch_size = 2048\nanchor = 'centre'"),
        "radius_too_small",
    ),
    "patches by the quarter million": (
        patches("x,y,score\n" + "1,2,0.5\n" * 250_001),
        "too_many_patches",
    ),
    "geojson cut short": (geojson('{"type": "Feature"'), "bad_json"),
    "geojson with NaN": (geojson('{"a": NaN}'), "bad_json"),
    "geojson with 1e999": (geojson('{"a": 1e999}'), "bad_json"),
    "geojson with a repeated key": (geojson('{"a": 1, "a": 2}'), "bad_json"),
    "geojson 200,000 deep": (geojson("[" * 200_000), "bad_json"),
    "geojson of a long number": (geojson("9" * 100_000), "bad_json"),
    "geojson of open escapes": (geojson('"' + '\\"' * 500_000), "bad_json"),
    "geojson in UTF-16": (geojson("{}".encode("utf-16")), "not_utf8"),
    "geojson of a line": (geojson(feature("LineString", [[1, 1], [2, 2]])), "unsupported_shape"),
    "geojson of text": (geojson(["x", 1, None]), "unsupported_shape"),
    "geojson of an empty polygon": (geojson(feature("Polygon", [])), "unsupported_shape"),
    "geojson of a flat polygon": (
        geojson(feature("Polygon", [[[1, 1], [5, 1], [9, 1], [1, 1]]])),
        "unsupported_shape",
    ),
    "geojson of a far polygon": (
        geojson(feature("Polygon", [[[0, 0], [1e300, 0], [0, 1e300]]])),
        "unsupported_shape",
    ),
    "geojson of a point nowhere": (geojson(feature("Point", None)), "unsupported_shape"),
    "geojson of bare numbers": (geojson(feature("MultiPoint", [1, 2])), "unsupported_shape"),
    "geojson of no points": (geojson(feature("MultiPoint", [])), "unsupported_shape"),
    "geojson of words for places": (geojson(feature("Point", ["1", "2"])), "unsupported_shape"),
    "geojson without confidence": (geojson(feature("Point", [1, 2], None)), "missing_value"),
    "geojson with a word for confidence": (
        geojson(feature("Point", [1, 2], "high")),
        "not_a_number",
    ),
    "geojson of percent": (geojson(feature("Point", [1, 2], 50)), "confidence_out_of_range"),
    "geojson off the slide": (geojson(feature("Point", [1600, 2])), "outside_slide"),
    "geojson of 20,000 points": (
        geojson(feature("MultiPoint", [[1, 2]] * 20_000)),
        "too_many_detections",
    ),
    "toml of no toml": (toml("radius 5"), "bad_metadata"),
    "toml in Latin-1": (toml("é".encode("latin-1")), "not_utf8"),
    "toml 20,000 deep": (toml("a = [\n" + "[\n" * 20_000), "bad_metadata"),
    "toml of one long line": (toml("a" + ".a" * 20_000 + " = 1"), "line_too_long"),
    "toml with an unknown table": (toml("[heatmaps]\n"), "bad_metadata"),
    "toml with an unknown key": (toml("[heatmap]\nstride = 64\n"), "bad_metadata"),
    "toml with stride nan": (toml("[heatmap]\nstride_x = nan\nstride_y = 64\n"), "bad_metadata"),
    "toml with stride 0": (toml("[heatmap]\nstride_x = 0\nstride_y = 0\n"), "bad_metadata"),
    "toml with a scale below a value": (toml("[heatmap]\nscale_max = 9\n"), "value_out_of_range"),
    "toml of an unknown slide": (toml("[slides.test_002]\nscale_max = 9\n"), "unknown_slide"),
    "toml with a radius beyond the phase's": (
        toml("[suppression]\nradius = 9000\n"),
        "choice_not_allowed",
    ),
    "toml with other ties": (toml("[suppression]\nties = 'last'\n"), "bad_metadata"),
    "json beside of no json": (beside("{"), "bad_json"),
    "json beside with a list": (beside("[]"), "bad_metadata"),
    "json beside that leaves the slide": (
        beside('{"stride_x": 64, "stride_y": 64, "origin_x": 5000}'),
        "heatmap_outside_slide",
    ),
    "a picture beside": (
        {"test_001.png": lambda: png(GOOD), "readme.gif": text("")},
        "unexpected_file",
    ),
    "two files of one slide": (
        {"test_001.png": lambda: png(GOOD), "test_001.csv": text("")},
        "duplicate_slide",
    ),
}
