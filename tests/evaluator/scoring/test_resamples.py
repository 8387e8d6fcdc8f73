from dataclasses import replace

from evaluator.scoring.resamples import resamples_of
from ground_truth.types import GroundTruth, Kind, PatientTruth, SlideTruth
from tests.evaluator.makers import mask, patient, slide, truth


def slides(n_tumour: int, n_normal: int) -> list[SlideTruth]:
    tumour = [slide(f"t{number:02}", mask([[1]])) for number in range(n_tumour)]
    return tumour + [slide(f"n{number:02}") for number in range(n_normal)]


def strata(found: GroundTruth, kind: Kind) -> dict[str, str]:
    matrix = resamples_of(kind, found, 10)
    assert matrix is not None
    return dict(zip(matrix.units, matrix.strata, strict=True))


def test_slides_are_drawn_within_tumour_and_normal() -> None:
    matrix = resamples_of(Kind.LESIONS, truth(slides(5, 7)), 50)

    assert matrix is not None
    is_tumour = [stratum == "tumour" for stratum in matrix.strata]
    assert matrix.weights[:, is_tumour].sum(axis=1).tolist() == [5] * 50
    assert matrix.weights.sum(axis=1).tolist() == [12] * 50


def test_a_known_centre_is_a_stratum_too() -> None:
    known = [
        replace(one, centre="A" if number % 2 else "B") for number, one in enumerate(slides(10, 10))
    ]

    assert set(strata(truth(known), Kind.SLIDES).values()) == {
        "tumour/A",
        "tumour/B",
        "normal/A",
        "normal/B",
    }


def test_patients_are_drawn_within_their_centre_whatever_their_stage() -> None:
    patients: list[PatientTruth] = [
        replace(
            patient(f"p{number:02}", "pN0" if number % 3 else "pN2", []), centre=str(number // 5)
        )
        for number in range(10)
    ]

    assert set(strata(truth(patients=patients), Kind.STAGING).values()) == {
        "patient/0",
        "patient/1",
    }
    unknown = [replace(one, centre=None) for one in patients]
    assert set(strata(truth(patients=unknown), Kind.STAGING).values()) == {"patient"}


def test_a_truth_that_keeps_units_and_strata_keeps_the_matrix() -> None:
    before, after = truth(slides(5, 5)), replace(truth(slides(5, 5)), version="ba9876543210")
    matrices = [resamples_of(Kind.LESIONS, one, 20) for one in (before, after)]

    assert matrices[0] is not None
    assert matrices[1] is not None
    assert matrices[0].sha256 == matrices[1].sha256


def test_kinds_do_not_share_a_matrix() -> None:
    found = [resamples_of(kind, truth(slides(5, 5)), 20) for kind in (Kind.LESIONS, Kind.SLIDES)]

    assert found[0] is not None
    assert found[1] is not None
    assert found[0].sha256 != found[1].sha256


def test_nothing_is_resampled_without_units_or_resamples() -> None:
    assert resamples_of(Kind.STAGING, truth(), 100) is None
    assert resamples_of(Kind.LESIONS, truth(slides(1, 1)), 0) is None
