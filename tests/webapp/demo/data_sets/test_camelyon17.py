from collections import Counter
from pathlib import Path

from ground_truth.versions.build import build_camelyon17
from ground_truth.versions.version import load_truth
from webapp.demo.data_sets.camelyon17 import draw_patients, write_camelyon17


def test_thirty_patients_of_five_nodes_come_from_five_centres(tmp_path: Path) -> None:
    write_camelyon17(tmp_path, seed=16)

    truth = load_truth(tmp_path / build_camelyon17(tmp_path, tmp_path))

    assert {len(patient.nodes) for patient in truth.patients} == {5}
    assert Counter(patient.centre for patient in truth.patients) == {
        "0": 6,
        "1": 6,
        "2": 6,
        "3": 6,
        "4": 6,
    }


def test_every_stage_occurs() -> None:
    stages = {patient.stage for patient in draw_patients(16)}

    assert stages == {"pN0", "pN0(i+)", "pN1mi", "pN1", "pN2"}
