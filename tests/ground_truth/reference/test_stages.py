from pathlib import Path

import pytest

from ground_truth.errors import TruthError
from ground_truth.reference.stages import read_stages
from ground_truth.types import PatientTruth
from tests.builders import camelyon17_stages


def test_patients_come_with_their_nodes_and_centre(tmp_path: Path) -> None:
    first, second = read_stages(camelyon17_stages(tmp_path).read_bytes(), "stages.csv")

    assert first.stage == "pN0"
    assert list(first.nodes) == [f"patient_000_node_{node}" for node in range(5)]
    assert (second.stage, second.centre) == ("pN1", "1")
    assert second.nodes["patient_020_node_0"] == "macro"


def test_without_a_column_the_centre_follows_from_the_patients_number() -> None:
    content = b"patient,stage\r\npatient_059.zip,pN0(i+)\r\npatient_059_node_0.tif,itc\r\n"

    assert read_stages(content, "s.csv") == (
        PatientTruth("patient_059", "pN0(i+)", "2", {"patient_059_node_0": "itc"}),
    )


def test_a_patient_without_a_number_has_no_centre() -> None:
    content = b"patient,stage\nanna,pN1mi\nanna_node_0,micro\n"

    assert read_stages(content, "s.csv")[0].centre is None


def test_every_fault_of_the_stages_is_told_by_line() -> None:
    content = b"patient,stage,center\npatient_000,pN0,0\npatient_000_node_0,negative,1\n"
    content += b"patient_001,pN0,0\npatient_002_node_0,micro,0\n"

    with pytest.raises(TruthError) as caught:
        read_stages(content, "s.csv")

    assert str(caught.value).splitlines() == [
        "s.csv:3: patient_000_node_0 has another centre than its patient",
        "s.csv:4: patient_001 has no node",
        "s.csv:5: patient_002_node_0 belongs to no patient here",
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("patient_000,pN3,0", "'pn3' is no stage of a patient: write pN0, pN0(i+), pN1mi"),
        ("patient_000_node_0,pN0,0", "'pn0' is no category of a node: write negative, itc, micro"),
        ("patient_000,pN0,", "patient_000 has no centre"),
        ("patient_000,pN0,0\npatient_000,pN0,0", "patient_000 comes twice"),
    ],
)
def test_a_wrong_row_is_refused(rows: str, words: str) -> None:
    with pytest.raises(TruthError) as caught:
        read_stages(f"patient,stage,center\n{rows}\n".encode(), "s.csv")

    assert words in str(caught.value)


def test_a_table_without_patients_is_refused() -> None:
    with pytest.raises(TruthError, match="no patient"):
        read_stages(b"patient,stage\n", "s.csv")


@pytest.mark.parametrize("name", ["stages.csv", "stages_2017.csv"])
def test_the_real_tables_hold_100_patients_of_five_centres(shared: Path, name: str) -> None:
    content = (shared / "data" / "camelyon17" / name).read_bytes()

    patients = read_stages(content, name)

    assert len(patients) == 100
    assert all(len(patient.nodes) == 5 for patient in patients)
    assert [patient.centre for patient in patients] == [str(n // 20) for n in range(100)]


def test_the_two_real_tables_differ_in_22_rows(shared: Path) -> None:
    folder = shared / "data" / "camelyon17"
    now, then = (
        {
            name: word
            for patient in read_stages((folder / file).read_bytes(), file)
            for name, word in {patient.patient: patient.stage, **patient.nodes}.items()
        }
        for file in ("stages.csv", "stages_2017.csv")
    )

    assert sum(now[name] != then[name] for name in now) == 22
