import pytest

from evaluator.errors import Findings
from evaluator.forms.metadata import (
    GeometryChoice,
    Metadata,
    geometry_choice,
    read_geometry_json,
    read_submission_toml,
)
from evaluator.results.parameters import LesionParameters, Suppression, Ties

FULL = b"""
[heatmap]
stride_x = 64
stride_y = 64.5
[slides.Test_001]
stride_x = 32
axes = "xy"
[suppression]
threshold = 0.25
ties = "first"
[geojson]
measurement = "p"
"""


def read(
    content: bytes, parameters: LesionParameters
) -> tuple[Metadata, list[tuple[str, int | None]]]:
    findings = Findings()
    found = read_submission_toml(content, parameters, findings)
    return found, [(str(problem.code), problem.line) for problem in findings.problems]


def test_everything_is_read_and_the_nearer_counts_more() -> None:
    found, problems = read(FULL, LesionParameters())

    assert problems == []
    assert found.suppression == Suppression(0.25, 768.0, 0.0, Ties.FIRST)
    assert found.measurement == "p"
    assert found.geometry_for("Test_001") == {"stride_x": 32.0, "stride_y": 64.5, "axes": "xy"}
    assert found.geometry_for("test_002") == {"stride_x": 64.0, "stride_y": 64.5}


def test_an_empty_file_says_nothing() -> None:
    parameters = LesionParameters(radius=512.0)

    assert read(b"", parameters) == (Metadata(Suppression(radius=512.0)), [])


def test_every_fault_is_named_by_its_line() -> None:
    suppression = b"[suppression]\nradius = 'far'\nsigma = 5000\n"
    others = b"[heatmap]\nanchor = 'middle'\n[geojson]\nname = 1\n"

    assert read(suppression + others, LesionParameters())[1] == [
        ("bad_metadata", 2),
        ("choice_not_allowed", 3),
        ("bad_metadata", 5),
        ("bad_metadata", 7),
    ]


def test_a_key_that_stands_in_several_tables_is_named_by_its_own_line() -> None:
    heatmap = b"[heatmap]\nstride_x = 64\nstride_y = 64\n"
    slides = b"[slides.test_001]\nstride_x = 32\nstride_y = -1\n"

    assert read(heatmap + slides, LesionParameters())[1] == [("bad_metadata", 6)]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"[heatmap]\nstride_x 64\n", 2),
        (b"[heatmap]\nstride_x = 64\nstride_x = 32", 3),
        (b"[heatmap]\naxes = 'yx", 2),
    ],
)
def test_text_that_is_no_toml_is_named_by_its_line(content: bytes, line: int) -> None:
    assert read(content, LesionParameters())[1] == [("bad_metadata", line)]


def test_ties_may_be_fixed_by_the_phase() -> None:
    fixed = LesionParameters(allows_chosen_ties=False)

    assert read(b"[suppression]\nties = 'first'\n", fixed)[1] == [("choice_not_allowed", 2)]
    assert read(b"[suppression]\nties = 'interior'\n", fixed)[1] == []


def test_the_json_beside_a_file_holds_geometry() -> None:
    findings = Findings()

    found = read_geometry_json(b'{"stride_x": 64, "stride_y": 64}', "a.json", findings)

    assert geometry_choice(found, "a.png", findings) == GeometryChoice(stride_x=64.0, stride_y=64.0)
    assert not findings.counts
