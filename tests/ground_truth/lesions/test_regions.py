import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from ground_truth.annotations.asap import read_annotations
from ground_truth.annotations.groups import CAMELYON_ROLES, Outlines, outlines_by_role
from ground_truth.lesions import regions
from ground_truth.lesions.evaluation_masks import evaluation_mask_of
from ground_truth.lesions.regions import Region, Regions, find_regions, regions_of, runs_of
from ground_truth.versions.sources import find_annotations
from tests.builders import Ring, square

SPACING_UM = 0.243
Mask = NDArray[np.bool_]


def outlines(*tumour: Ring, cut_out: tuple[Ring, ...] = ()) -> Outlines:
    return Outlines(
        tuple(np.array(ring, dtype=np.float32) for ring in tumour),
        tuple(np.array(ring, dtype=np.float32) for ring in cut_out),
    )


def labels_of(regions: Regions, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return the (rows, columns) label raster of runs."""
    labels = np.zeros(shape, dtype=np.int64)
    for row, first, end, label in regions.runs.tolist():
        labels[row, first:end] = label
    return labels


def whole_frame_labels(tumour: Mask, radius_px5: float) -> NDArray[np.int64]:
    """Return the labels as the official evaluation makes them, on the whole frame."""
    if not tumour.any():
        return np.zeros(tumour.shape, dtype=np.int64)
    near = ndimage.distance_transform_edt(~tumour) < radius_px5
    labels, _ = ndimage.label(ndimage.binary_fill_holes(near), np.ones((3, 3)))
    return np.asarray(labels, dtype=np.int64)


def slow_axis(pixels: NDArray[np.int64]) -> float:
    """Return 4 * sqrt(largest eigenvalue) of the biased covariance of (n, 2) pixels."""
    covariance = np.cov(pixels.T, bias=True).reshape(2, 2)
    return float(4 * np.sqrt(max(np.linalg.eigvalsh(covariance)[-1], 0)))


def one_pixel(at: tuple[int, int] = (20, 30)) -> Mask:
    raster = np.zeros((64, 64), dtype=np.bool_)
    raster[at] = True
    return raster


def test_one_tumour_pixel_grows_to_the_disc_of_37_5_um() -> None:
    regions = regions_of(runs_of(one_pixel()), SPACING_UM, (64, 64))

    # Offsets with dx^2 + dy^2 <= 23, which are below 4.8225 px: widths 9, 9, 9, 7, 5 by |dy|.
    (region,) = regions.table
    assert (region.row5, region.column5) == (16, 28)
    assert region.area_px5 == 9 + 2 * (9 + 9 + 7 + 5)
    assert region.is_itc_sized


def test_growth_is_strictly_nearer_than_the_radius() -> None:
    at_four_px = 75 / (4 * 32 * 2)

    regions = regions_of(runs_of(one_pixel()), at_four_px, (64, 64))

    assert regions.runs[:, 0].min() == 17


def test_no_tumour_pixel_is_no_region() -> None:
    empty = np.zeros((8, 8), dtype=np.bool_)

    assert regions_of(runs_of(empty), SPACING_UM, (8, 8)).table == ()


def test_outlines_between_the_sampled_pixels_are_no_region() -> None:
    assert find_regions(outlines(square(33, 33, 20)), SPACING_UM).table == ()


def test_no_outline_is_no_region() -> None:
    regions = find_regions(outlines(), SPACING_UM)

    assert regions.table == ()
    assert regions.runs.shape == (0, 4)


def test_tumour_within_the_growth_of_each_other_is_one_region() -> None:
    raster = one_pixel()
    raster[20, 39] = True
    apart = one_pixel()
    apart[20, 40] = True

    assert len(regions_of(runs_of(raster), SPACING_UM, (64, 64)).table) == 1
    assert len(regions_of(runs_of(apart), SPACING_UM, (64, 64)).table) == 2


def test_regions_that_touch_at_a_corner_are_one() -> None:
    raster = np.zeros((9, 9), dtype=np.bool_)
    raster[3, 3] = raster[4, 4] = True
    tiny_growth = 75 / (1 * 32 * 2)

    (region,) = regions_of(runs_of(raster), tiny_growth, (9, 9)).table

    assert region.area_px5 == 2


def test_holes_are_filled_with_a_background_that_does_not_pass_corners() -> None:
    ring = np.array(
        [[0, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 1, 0, 1, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 0]],
        dtype=np.bool_,
    )
    no_growth = 75 / (1 * 32 * 2)

    (region,) = regions_of(runs_of(ring), no_growth, (5, 5)).table

    assert region.area_px5 == 7


def test_a_hole_that_opens_to_the_slides_border_stays_open() -> None:
    cup = np.array([[1, 0, 1], [1, 0, 1], [1, 1, 1]], dtype=np.bool_)
    no_growth = 75 / (1 * 32 * 2)

    (region,) = regions_of(runs_of(cup), no_growth, (3, 3)).table

    assert region.area_px5 == 7


def test_what_is_cut_out_is_no_tumour_even_where_outlines_overlap() -> None:
    tumour, hole = square(3200, 3200, 3200), square(3840, 3840, 1920)

    solid = find_regions(outlines(tumour), SPACING_UM)
    hollow = find_regions(outlines(tumour, square(4000, 4000, 500), cut_out=(hole,)), SPACING_UM)

    # A hole this large would be filled again, so the regions are equal; the runs of tumour differ.
    assert hollow.table == solid.table
    opened = find_regions(
        outlines(tumour, cut_out=([(3840, 3840), (9000, 3840), (9000, 5760), (3840, 5760)],)),
        SPACING_UM,
    )
    assert opened.table[0].area_px5 < solid.table[0].area_px5


def test_a_region_at_the_limit_is_a_lesion_and_one_below_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = np.zeros((20, 60), dtype=np.bool_)
    line[10, 20:41] = True
    frame = (60, 20)
    (region,) = regions_of(runs_of(line), 0.25, frame).table
    limit_um = region.major_axis_px5 * 8  # exact: 0.25 um * 32

    monkeypatch.setattr(regions, "ITC_LIMIT_UM", limit_um)
    (at_limit,) = regions_of(runs_of(line), 0.25, frame).table
    monkeypatch.setattr(regions, "ITC_LIMIT_UM", float(np.nextafter(limit_um, np.inf)))
    (below_limit,) = regions_of(runs_of(line), 0.25, frame).table

    assert not at_limit.is_itc_sized
    assert below_limit.is_itc_sized


def test_regions_are_labelled_in_raster_order() -> None:
    raster = np.zeros((64, 128), dtype=np.bool_)
    raster[40, 20] = raster[10, 100] = raster[10, 30] = True

    regions = regions_of(runs_of(raster), SPACING_UM, (128, 64))

    assert [(r.label, r.row5, r.column5) for r in regions.table] == [
        (1, 6, 28),
        (2, 6, 98),
        (3, 36, 18),
    ]


def test_a_measured_slide_ends_at_its_border() -> None:
    ring = square(1600, 1600, 1600)

    whole = find_regions(outlines(ring), SPACING_UM)
    cut = find_regions(outlines(ring), SPACING_UM, (2048, 8192))

    assert whole.runs[:, 2].max() == 104
    assert cut.runs[:, 2].max() == 64


def test_a_spacing_of_0_226_um_grows_further_and_moves_the_limit() -> None:
    # 37.5 um are 4.823 px at 0.243 um and 5.185 px at 0.226 um, so only the latter reaches five
    # rows up; 275 um are 35.365 px and 38.025 px.
    raster = np.zeros((64, 96), dtype=np.bool_)
    raster[30, 20:45] = True

    (protocol,) = regions_of(runs_of(raster), 0.243, (96, 64)).table
    (own,) = regions_of(runs_of(raster), 0.226, (96, 64)).table

    assert (protocol.row5, own.row5) == (26, 25)
    assert 35.4 < protocol.major_axis_px5 < own.major_axis_px5 < 38.0
    assert (protocol.is_itc_sized, own.is_itc_sized) == (False, True)


def test_outlines_larger_than_any_slide_are_refused() -> None:
    with pytest.raises(ValueError, match="no slide does"):
        find_regions(outlines(square(0, 0, 600_000)), SPACING_UM)


def test_more_regions_than_a_label_can_number_are_refused() -> None:
    specks = np.zeros((520, 520), dtype=np.bool_)
    specks[::2, ::2] = True
    no_growth = 75 / (1 * 32 * 2)

    with pytest.raises(ValueError, match="67600 regions are more than any slide has"):
        regions_of(runs_of(specks), no_growth, (520, 520))


rasters = st.integers(1, 14).flatmap(
    lambda columns: st.lists(
        st.lists(st.sampled_from([False, False, False, True]), min_size=columns, max_size=columns),
        min_size=1,
        max_size=14,
    )
)


@settings(max_examples=300, deadline=None)
@given(cells=rasters, spacing_um=st.sampled_from([0.2, 0.243, 0.5, 0.6, 0.8, 1.0, 1.2]))
def test_labels_equal_those_of_the_whole_frame(cells: list[list[bool]], spacing_um: float) -> None:
    tumour = np.array(cells, dtype=np.bool_)
    rows, columns = tumour.shape

    regions = regions_of(runs_of(tumour), spacing_um, (columns, rows))

    expected = whole_frame_labels(tumour, 75 / (spacing_um * 64))
    np.testing.assert_array_equal(labels_of(regions, tumour.shape), expected)
    for region in regions.table:
        pixels = np.argwhere(expected == region.label)
        assert region.area_px5 == len(pixels)
        assert region.major_axis_px5 == pytest.approx(slow_axis(pixels), abs=1e-9)
        assert expected[region.row5, region.column5] == region.label


@settings(max_examples=100, deadline=None)
@given(cells=rasters)
def test_a_mask_painted_from_runs_looks_up_the_same_labels(cells: list[list[bool]]) -> None:
    tumour = np.array(cells, dtype=np.bool_)
    rows, columns = tumour.shape
    regions = regions_of(runs_of(tumour), 0.8, (columns, rows))

    mask = evaluation_mask_of(regions.runs, [region.is_itc_sized for region in regions.table])

    y5, x5 = np.mgrid[-1 : rows + 1, -1 : columns + 1].reshape(2, -1)
    expected = np.pad(labels_of(regions, tumour.shape), 1)
    np.testing.assert_array_equal(mask.labels_at(x5, y5), expected.ravel())
    assert len(mask.is_itc_sized) == len(regions.table) + 1


def test_a_mask_without_regions_is_background_everywhere() -> None:
    mask = evaluation_mask_of(np.empty((0, 4), dtype=np.int32), [])

    assert mask.labels_at(np.array([0, 5]), np.array([0, -5])).tolist() == [0, 0]
    assert mask.lesion_labels.tolist() == []


def real_regions(shared: Path) -> dict[str, Regions]:
    files = find_annotations(shared / "data" / "camelyon16" / "testing")
    return {
        slide: find_regions(
            outlines_by_role(
                read_annotations(file.read(), file.name, CAMELYON_ROLES.known_groups),
                CAMELYON_ROLES,
            ),
            SPACING_UM,
        )
        for slide, file in files.items()
    }


def test_the_real_test_slides_have_226_lesions_and_270_itc_sized_regions(shared: Path) -> None:
    expected: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (shared / "oracles" / "froc" / "lesions.csv").open() as file:
        for row in csv.DictReader(file):
            expected[row["slide"]].append(row)

    found = real_regions(shared)

    regions = [region for slide in found.values() for region in slide.table]
    assert len(found) == 48
    assert sum(not region.is_itc_sized for region in regions) == 226
    assert sum(region.is_itc_sized for region in regions) == 270
    for slide, rows in expected.items():
        assert len(rows) == len(found[slide].table)
        for row, region in zip(rows, found[slide].table, strict=True):
            check_region(row, region, found[slide].runs)


def check_region(row: dict[str, str], region: Region, runs: NDArray[np.int32]) -> None:
    """Check one region against its line of regions.csv."""
    assert region.label == int(row["label"])
    assert region.area_px5 == int(row["area_px5"])
    assert region.major_axis_px5 == pytest.approx(float(row["major_axis_px5"]), abs=1e-6)
    assert region.is_itc_sized == bool(int(row["is_itc"]))
    row5, column5 = int(row["row5"]), int(row["col5"])
    at = runs[(runs[:, 0] == row5) & (runs[:, 1] <= column5) & (column5 < runs[:, 2])]
    assert at[:, 3].tolist() == [region.label]
