import pytest

from ground_truth.data_set.contents import (
    CAMELYON16,
    CAMELYON17,
    data_set_named,
    errata_of,
    slide_of,
)


def test_camelyon16_has_399_slides() -> None:
    tumour = [slide for slide in CAMELYON16.training if slide.startswith("tumor_")]

    assert len(CAMELYON16.slides) == len(set(CAMELYON16.slides)) == 399
    assert (len(CAMELYON16.training), len(tumour), len(CAMELYON16.testing)) == (270, 111, 129)
    assert "normal_086" not in CAMELYON16.slides
    assert "test_049" not in CAMELYON16.slides


def test_camelyon17_has_1000_slides_and_ten_outlined_from_each_centre() -> None:
    centres = [int(slide[8:11]) // 20 for slide in CAMELYON17.outlined]

    assert len(CAMELYON17.slides) == len(set(CAMELYON17.slides)) == 1000
    assert (len(CAMELYON17.training), len(CAMELYON17.testing)) == (500, 500)
    assert set(CAMELYON17.outlined) < set(CAMELYON17.training)
    assert [centres.count(centre) for centre in range(5)] == [10, 10, 10, 10, 10]


def test_the_errata_of_camelyon16_are_the_published_ones() -> None:
    errata = errata_of(CAMELYON16)
    incomplete = [each.slide for each in errata if "not exhaustively" in each.text]

    assert incomplete == [
        *("test_114", "tumor_010", "tumor_015", "tumor_018", "tumor_020", "tumor_025"),
        *("tumor_029", "tumor_033", "tumor_034", "tumor_044", "tumor_046", "tumor_051"),
        *("tumor_054", "tumor_055", "tumor_056", "tumor_067", "tumor_079", "tumor_085"),
        *("tumor_092", "tumor_095", "tumor_110"),
    ]
    assert [(each.slide, each.text) for each in errata[:2]] == [
        ("normal_086", "is tumor_111"),
        ("test_049", "duplicate of another slide; left out of every kind"),
    ]
    assert len(errata) == 23
    assert errata_of(CAMELYON17) == ()


@pytest.mark.parametrize(
    ("stem", "slide"),
    [
        ("tumor_001", "tumor_001"),
        ("Tumor_1", "tumor_001"),
        ("tumour_001", "tumor_001"),
        ("normal_86", "normal_086"),
        ("TEST_130", "test_130"),
        ("patient_7_node_4", "patient_007_node_4"),
    ],
)
def test_a_slide_is_recognised_by_its_stem(stem: str, slide: str) -> None:
    found = slide_of(stem)

    assert found is not None
    assert found[1] == slide


@pytest.mark.parametrize("stem", ["tumor", "tumor_0001", "patient_001", "tumor_001_mask", ""])
def test_other_stems_are_no_slides(stem: str) -> None:
    assert slide_of(stem) is None


def test_a_data_set_has_one_of_two_names() -> None:
    assert data_set_named("CAMELYON16") is CAMELYON16
    with pytest.raises(ValueError, match="write camelyon16 or camelyon17"):
        data_set_named("camelyon18")
