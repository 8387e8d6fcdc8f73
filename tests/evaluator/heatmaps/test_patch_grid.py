import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.archives.csv_text import ProblemPlace
from evaluator.errors import Findings
from evaluator.forms.geometry import SlideSize
from evaluator.heatmaps.patch_grid import Patches, read_patches, suppressed_patches
from evaluator.results.parameters import Suppression

SIZE = SlideSize(1600, 3200)


def read(content: str, anchor: str = "centre") -> Patches | None:
    return read_patches(content.encode(), 64.0, anchor, SIZE, ProblemPlace(Findings(), "a.csv", 0))


@pytest.mark.parametrize(
    "content",
    ["x,y,score\n10,20,0.5\n", "score;y;x\n.5;2e1;+10\n", ",x,y,p\n0,10,20,0.5\n"],
)
def test_patches_are_read_by_their_header(content: str) -> None:
    found = read(content)

    assert found is not None
    assert (found.confidence.tolist(), found.x.tolist(), found.y.tolist()) == ([0.5], [10], [20])


def test_a_corner_is_moved_to_the_middle() -> None:
    found = read("x,y,score\n0,128,0.5\n", anchor="top_left")

    assert found is not None
    assert (found.x.tolist(), found.y.tolist()) == ([32.0], [160.0])


@pytest.mark.parametrize("content", ["", "x,y,score\n", "\n\n"])
def test_an_empty_file_holds_no_patch(content: str) -> None:
    found = read(content)

    assert found is not None
    assert found.x.size == 0


def test_ties_go_by_y_then_x_and_the_square_is_half_open() -> None:
    x = np.array([100.0, 0.0, 50.0, 150.0])
    patches = Patches(np.full(4, 0.9), x, np.zeros(4))

    # 0 first; it clears [-100, 100), so 50; then 100, which clears 150 as well.
    assert suppressed_patches(patches, Suppression(radius=100.0)).tolist() == [1, 0]


def slow_suppressed_patches(patches: Patches, radius: float) -> list[int]:
    left = {index for index, value in enumerate(patches.confidence) if value > 0.5}
    found = []
    while left:
        best = min(left, key=lambda i: (-patches.confidence[i], patches.y[i], patches.x[i]))
        found.append(best)
        left = {
            index
            for index in left
            if not (
                patches.x[best] - radius <= patches.x[index] < patches.x[best] + radius
                and patches.y[best] - radius <= patches.y[index] < patches.y[best] + radius
            )
        }
    return found


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 12), st.integers(0, 12)),
        unique_by=lambda point: point[1:],
        max_size=60,
    ),
    st.sampled_from([0.5, 1.0, 1.7, 3.0]),
)
def test_the_list_is_that_of_the_literal_loop(
    points: list[tuple[int, int, int]], radius: float
) -> None:
    table = np.array(points, dtype=np.float64).reshape(-1, 3)
    patches = Patches(table[:, 0] / 8, table[:, 1] * 0.7, table[:, 2] * 0.7)

    assert suppressed_patches(
        patches, Suppression(radius=radius)
    ).tolist() == slow_suppressed_patches(patches, radius)
