import pytest

from evaluator.errors import Findings
from evaluator.forms.geometry import Geometry, SlideSize, geometry_of
from evaluator.forms.metadata import GeometryChoice

MEASURED = SlideSize(1600, 3200)
ASSUMED = SlideSize(None, None)
NOTHING = GeometryChoice()


def found(
    shape: tuple[int, int], choice: GeometryChoice = NOTHING, size: SlideSize = MEASURED
) -> tuple[Geometry | None, list[str], list[str]]:
    findings = Findings()
    geometry = geometry_of(shape, choice, size, "test_001.png", findings)
    problems = [str(problem.code) for problem in findings.problems]
    return geometry, problems, [str(warning.code) for warning in findings.warnings]


@pytest.mark.parametrize(
    ("shape", "stride"),
    [
        ((3200, 1600), 1.0),
        ((100, 50), 32.0),
        ((50, 25), 64.0),
        ((51, 26), 64.0),
        ((49, 24), 64.0),
        ((25, 12), 128.0),
        ((25, 13), 128.0),
    ],
)
def test_a_map_of_the_whole_slide_tells_its_level(shape: tuple[int, int], stride: float) -> None:
    geometry, problems, warnings = found(shape)

    assert geometry == Geometry(stride, stride)
    assert problems == []
    assert warnings == []


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ((52, 25), "heatmap_size"),
        ((25, 50), "heatmap_transposed"),
        ((40, 20), "heatmap_size"),
        ((1, 1), "heatmap_size"),
    ],
)
def test_a_map_of_no_level_is_refused(shape: tuple[int, int], code: str) -> None:
    geometry, problems, _ = found(shape)

    assert geometry is None
    assert problems == [code]


def test_on_a_square_slide_axes_cannot_be_told() -> None:
    square = SlideSize(3200, 3200)

    assert found((50, 50), size=square)[2] == ["axes_unknown"]
    assert found((50, 50), GeometryChoice(axes="yx"), square)[2] == []


def test_where_the_size_is_assumed_strides_are_needed() -> None:
    told = GeometryChoice(stride_x=64.0, stride_y=64.0)

    assert found((50, 25), size=ASSUMED)[1] == ["missing_geometry"]
    assert found((50, 25), told, ASSUMED)[0] == Geometry(64.0, 64.0)


@pytest.mark.parametrize(
    ("origin_x", "is_there"),
    [(0.0, True), (-64.0, True), (64.0, True), (65.0, False), (-65.0, False)],
)
def test_a_map_may_leave_the_slide_by_one_stride(origin_x: float, *, is_there: bool) -> None:
    told = GeometryChoice(stride_x=64.0, stride_y=64.0, origin_x=origin_x)

    assert found((50, 25), told)[1] == ([] if is_there else ["heatmap_outside_slide"])


def test_both_rectangles_are_told() -> None:
    findings = Findings()
    told = GeometryChoice(stride_x=100.0, stride_y=64.0)

    geometry_of((50, 25), told, MEASURED, "test_001.png", findings)

    detail = findings.problems[0].detail
    assert "x from 0 to 2500 and y from 0 to 3200" in detail
    assert "x from 0 to 1600 and y from 0 to 3200" in detail
