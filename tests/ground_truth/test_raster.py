import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ground_truth import edges
from ground_truth.asap import Annotation, read_annotations
from ground_truth.errors import TruthError
from ground_truth.raster import Runs, paint, winding_runs
from tests.ground_truth.asap_painter import asap_raster
from tests.ground_truth.slow_raster import slow_fill

Ring = list[tuple[float, float]]


def fill(ring: Ring, level: int = 0, columns: int = 700, rows: int = 700) -> NDArray[np.bool_]:
    raster = np.zeros((rows, columns), dtype=np.uint8)
    vertices = np.array(ring, dtype=np.float64).reshape(-1, 2).astype(np.float32)
    paint(raster, winding_runs([vertices], level, columns, rows), [1])
    return raster.view(np.bool_)


def box(left: float, top: float, right: float, bottom: float) -> Ring:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def extent(raster: NDArray[np.bool_]) -> tuple[int, int, int, int, int]:
    """Return first and last column, first and last row, and the number of pixels."""
    rows, columns = np.nonzero(raster)
    return (
        int(columns.min()),
        int(columns.max()),
        int(rows.min()),
        int(rows.max()),
        len(rows),
    )


def test_a_rectangle_on_whole_pixels_loses_both_borders() -> None:
    assert extent(fill(box(100, 100, 200, 150))) == (101, 199, 101, 149, 99 * 49)


def test_a_rectangle_on_half_pixels_fills_what_it_covers() -> None:
    assert extent(fill(box(100.5, 100.5, 200.5, 150.5))) == (101, 200, 101, 150, 100 * 50)


def test_the_cut_to_an_integer_costs_the_column_next_to_a_short_left_edge() -> None:
    left = fill(box(400.99, 100.99, 410.01, 110.01))

    assert extent(left)[:2] == (402, 410)


def test_a_triangle_has_the_pixels_asap_gives_it() -> None:
    assert extent(fill([(10, 40), (20, 40), (10, 50)])) == (11, 19, 41, 49, 45)


@pytest.mark.parametrize(
    ("side", "pixels"), [((109.8, 99.8, 110.2, 100.2), 0), ((119.5, 99.5, 120.5, 100.5), 0)]
)
def test_a_rectangle_of_a_pixel_or_less_is_empty(
    side: tuple[float, float, float, float], pixels: int
) -> None:
    assert fill(box(*side)).sum() == pixels


def test_a_rectangle_of_two_pixels_has_one() -> None:
    assert fill(box(129, 99, 131, 101)).sum() == 1


def test_a_rectangle_left_of_the_image_still_fills_its_first_column() -> None:
    assert extent(fill(box(-10, 50, 0, 60)))[:2] == (0, 0)


def test_a_pentagram_is_filled_in_the_middle() -> None:
    star = [(100.0, 20.0), (147.0, 165.0), (24.0, 75.0), (176.0, 75.0), (53.0, 165.0)]

    assert fill(star)[100, 100]


@pytest.mark.parametrize("ring", [[], [(5.0, 5.0)], [(5.0, 5.0), (50.0, 50.0)]])
def test_fewer_than_three_vertices_fill_nothing(ring: Ring) -> None:
    assert not fill(ring).any()


def test_direction_and_first_vertex_do_not_matter() -> None:
    ring = [(10.25, 12.5), (90.75, 30.1), (70.2, 95.9), (20.6, 80.3)]

    expected = fill(ring)

    np.testing.assert_array_equal(fill(ring[::-1]), expected)
    np.testing.assert_array_equal(fill(ring[2:] + ring[:2]), expected)


def test_a_later_ring_is_painted_over_an_earlier_one() -> None:
    rings = [np.array(box(*corners), dtype=np.float32) for corners in ((0, 0, 9, 9), (2, 2, 6, 6))]
    raster = np.zeros((10, 10), dtype=np.uint8)

    paint(raster, winding_runs(rings, 0, 10, 10), [1, 0])

    assert raster[1].tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1, 0]
    assert raster[4].tolist() == [0, 1, 1, 0, 0, 0, 1, 1, 1, 0]


def test_runs_are_clipped_to_the_raster() -> None:
    assert fill(box(-50, -50, 800, 800), columns=30, rows=20).all()


coordinates = st.one_of(
    st.integers(-20, 60).map(float),
    st.floats(-20, 60, width=32),
    st.integers(-80, 240).map(lambda quarter: quarter / 4),
)
rings = st.lists(st.tuples(coordinates, coordinates), max_size=9)


@settings(max_examples=150, deadline=None)
@given(ring=rings, level=st.integers(0, 2))
def test_filling_equals_testing_every_pixel(ring: Ring, level: int) -> None:
    found = fill(ring, level, 24, 20)

    np.testing.assert_array_equal(found, slow_fill(ring, level, 24, 20))


far = st.floats(-(2.0**20), 2.0**20, width=32)


@settings(max_examples=60, deadline=None)
@given(ring=st.lists(st.tuples(far, far), min_size=3, max_size=6), level=st.sampled_from([0, 15]))
def test_filling_equals_testing_every_pixel_where_products_leave_32_bits(
    ring: Ring, level: int
) -> None:
    found = fill(ring, level, 24, 20)

    np.testing.assert_array_equal(found, slow_fill(ring, level, 24, 20))


@settings(max_examples=50, deadline=None)
@given(ring=rings, level=st.integers(1, 3))
def test_a_level_is_every_2_to_the_level_pixel_of_the_first(ring: Ring, level: int) -> None:
    whole = fill(ring, 0, 64, 64)

    np.testing.assert_array_equal(
        fill(ring, level, 64 >> level, 64 >> level), whole[:: 1 << level, :: 1 << level]
    )


@settings(max_examples=50, deadline=None)
@given(ring=rings)
def test_runs_of_a_ring_neither_overlap_nor_touch(ring: Ring) -> None:
    runs = winding_runs([np.array(ring, dtype=np.float32).reshape(-1, 2)], 0, 64, 64)

    order = np.lexsort((runs.start, runs.row))
    same_row = np.diff(runs.row[order]) == 0
    assert (runs.start < runs.stop).all()
    assert (runs.start[order][1:][same_row] > runs.stop[order][:-1][same_row]).all()


def test_working_in_bands_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(7)
    ring = [(float(x), float(y)) for x, y in random.uniform(0, 200, (60, 2))]
    expected = fill(ring)

    monkeypatch.setattr(edges, "_BAND_EDGE_ROWS", 50)

    np.testing.assert_array_equal(fill(ring), expected)


def test_outlines_that_cross_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "EDGE_ROWS_LIMIT", 100)

    with pytest.raises(ValueError, match="the outlines cross 198 rows"):
        fill(box(0, 0, 100, 100))


def test_a_raster_that_is_too_wide_is_refused() -> None:
    with pytest.raises(ValueError, match="too wide"):
        winding_runs([], 0, 2**25, 10)


def test_too_many_outlines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ground_truth.crossings.COLUMN_BITS", 60)

    with pytest.raises(ValueError, match="too many outlines"):
        fill(box(0, 0, 9, 9), columns=10, rows=10)


def strictly_readable(path: Path) -> tuple[tuple[Annotation, ...], bool] | None:
    """Return a file's annotations and whether it declares groups, None where it is refused."""
    content = path.read_bytes()
    try:
        annotations = read_annotations(content, path.name)
    except TruthError:
        return None
    return annotations, b"<Group" in content.replace(b"\0", b"")


def oracle_labels(text: str) -> dict[str, int]:
    pairs = (re.fullmatch(r"(.*)=(-?[0-9]+)", part) for part in text.split(",") if part != "-")
    return {match[1]: int(match[2]) for match in pairs if match}


def oracle_runs(folder: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((folder / "oracle.json").read_bytes())
    return [
        case
        for case in cases
        if case["rc"] == 0
        and (folder / "xml" / case["xml"]).exists()
        and strictly_readable(folder / "xml" / case["xml"]) is not None
        # One map has labels beyond 8 bits, which a strict reading refuses.
        and case["id"] != "27a"
    ]


def test_every_readable_hand_made_case_of_asap_is_equal_at_every_level(shared: Path) -> None:
    folder = shared / "oracles" / "asap"
    different, compared = [], 0

    for case in oracle_runs(folder):
        read = strictly_readable(folder / "xml" / case["xml"])
        if read is None:
            continue
        order = [] if case["order"] == "-" else case["order"].split(",")
        labels = oracle_labels(case["map"])
        for level, expected in enumerate(case["levels"]):
            size = (case["w"], case["h"])
            raster = asap_raster(read[0], labels, order, size, level, has_groups=read[1])
            compared += 1
            if hashlib.sha256(raster.tobytes()).hexdigest() != expected["sha256"]:
                different.append((case["id"], level))

    assert different == []
    assert compared == 192


@pytest.mark.parametrize(("pack", "count"), [("asap_fuzz", 120), ("asap_fuzz_far", 60)])
def test_every_random_case_of_asap_is_equal(shared: Path, pack: str, count: int) -> None:
    folder = shared / "oracles" / pack
    cases = json.loads((folder / "cases.json").read_bytes())
    differing_pixels = {}

    with np.load(folder / "masks.npz") as masks:
        for case in cases:
            read = strictly_readable(folder / f"{case['id']}.xml")
            if read is None:
                pytest.fail(f"{case['id']} is refused")
            raster = asap_raster(
                read[0],
                case["map"],
                case["order"],
                (case["w"], case["h"]),
                has_groups=read[1],
                x0=case.get("crop_x0", 0),
            )
            differing_pixels[case["id"]] = int((raster != masks[case["id"]]).sum())

    assert sum(differing_pixels.values()) == 0
    assert len(differing_pixels) == count


@pytest.mark.parametrize(
    "name", ["c17_patient_004_node_4", "f_test_038", "j_test_011", "j_Tumor_107"]
)
def test_real_slides_of_asap_are_equal_from_level_4_up(shared: Path, name: str) -> None:
    folder = shared / "oracles" / "asap_real"
    case = json.loads((folder / f"{name}.json").read_bytes())
    read = strictly_readable(folder / case["xml"])
    if read is None:
        pytest.fail(f"{name} is refused")

    for level in range(4, len(case["levels"])):
        raster = asap_raster(
            read[0], case["map"], case["order"], case["dims"], level, has_groups=read[1]
        )
        digest = hashlib.sha256(raster.tobytes()).hexdigest()
        assert digest == case["levels"][level]["raster_sha256"], level


def non_zero_tiles_digest(raster_of: Runs, values: list[int], columns: int, rows: int) -> str:
    """Return the sha256 over all non-zero 512 x 512 tiles, painted strip by strip."""
    digest = hashlib.sha256()
    width = -(-columns // 512) * 512
    for top in range(0, rows, 512):
        inside = (raster_of.row >= top) & (raster_of.row < top + 512)
        if not inside.any():
            continue
        strip = np.zeros((512, width), dtype=np.uint8)
        runs = Runs(
            raster_of.outline[inside],
            raster_of.row[inside],
            raster_of.start[inside],
            raster_of.stop[inside],
        )
        paint(strip, runs, values, y0=top)
        for column in range(width // 512):
            tile = strip[:, column * 512 : (column + 1) * 512]
            if tile.any():
                digest.update(f"{top // 512},{column};".encode())
                digest.update(tile.tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize(
    "name", ["c17_patient_004_node_4", "f_test_038", "j_test_011", "j_Tumor_107"]
)
def test_real_slides_of_asap_are_equal_at_full_size(shared: Path, name: str, level: int) -> None:
    folder = shared / "oracles" / "asap_real"
    case = json.loads((folder / f"{name}.json").read_bytes())
    annotations = read_annotations((folder / case["xml"]).read_bytes(), name)
    columns, rows = case["dims"][0] >> level, case["dims"][1] >> level
    chosen = [a for group in case["order"] for a in annotations if a.group == group]

    runs = winding_runs([a.vertices for a in chosen], level, columns, rows)

    values = [case["map"][a.group] for a in chosen]
    expected = case["levels"][level]["nonzero_tiles_sha256"]
    assert non_zero_tiles_digest(runs, values, columns, rows) == expected
