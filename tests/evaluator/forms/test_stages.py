import pytest
from hypothesis import given, strategies as st

from evaluator.errors import Findings
from evaluator.forms.stages import SubmittedStages, complete_nodes, read_stages
from ground_truth.reference.cases import CaseList, PatientCase

CASES = CaseList(
    "0123456789ab",
    "camelyon17",
    (),
    tuple(
        PatientCase(name, (f"{name}_node_0", f"{name}_node_1"))
        for name in ("patient_100", "patient_101")
    ),
)
BOTH = "patient_100.zip,pN0\npatient_101.zip,pN1\n"


def read(content: str | bytes) -> tuple[SubmittedStages, Findings]:
    findings = Findings()
    body = content.encode() if isinstance(content, str) else content
    return read_stages(body, CASES, "s.csv", findings), findings


@pytest.mark.parametrize(
    "text",
    [
        "patient,stage\n" + BOTH,
        BOTH,
        "stage;patient\nPN0;PATIENT_100.ZIP\npn1; patient_101 \n",
        "patient,stage,center\npatient_100.zip,pN0,0\npatient_101.zip,pN1,1\n",
    ],
)
def test_a_stage_for_every_patient_in_any_usual_form(text: str) -> None:
    submitted, findings = read(text)

    assert submitted.stage_of == {"patient_100": "pN0", "patient_101": "pN1"}
    assert submitted.category_of == {}
    assert findings.counts == {}


def test_node_rows_are_read_and_compared_with_the_stage() -> None:
    nodes = "patient_100_node_0.tif,negative\npatient_100_node_1.tif,Macro\n"

    submitted, findings = read(BOTH + nodes)

    assert submitted.category_of == {
        "patient_100_node_0": "negative",
        "patient_100_node_1": "macro",
    }
    assert [(warning.code, warning.file, warning.line) for warning in findings.warnings] == [
        ("stage_contradicts_nodes", "stages.csv", 1)
    ]
    assert findings.warnings[0].detail == "patient_100 is pN0, but its nodes give pN1."
    assert findings.counts == {}


def test_nodes_that_agree_give_no_warning() -> None:
    _, findings = read(BOTH + "patient_100_node_0,negative\npatient_100_node_1,negative\n")

    assert (findings.warnings, findings.notices) == ((), ())


def test_some_nodes_of_a_patient_are_a_notice() -> None:
    submitted, findings = read(BOTH + "patient_101_node_0,macro\n")

    assert [notice.code for notice in findings.notices] == ["incomplete_nodes"]
    assert findings.warnings == ()
    assert complete_nodes(submitted, CASES.patients[1].nodes) is None


def test_a_patient_without_nodes_has_none_complete() -> None:
    assert complete_nodes(SubmittedStages(), ()) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", [("missing_patient", None)] * 2),
        ("patient_100,pN0\n", [("missing_patient", None)]),
        (BOTH + "patient_100,pN1\n", [("duplicate_patient", 3)]),
        (BOTH + "patient_100_node_0,itc\npatient_100_node_0.tif,itc\n", [("duplicate_node", 4)]),
        (BOTH + "patient_999.zip,pN0\n", [("unknown_patient", 3)]),
        (BOTH + ",pN0\n", [("unknown_patient", 3)]),
        (BOTH + "patient_100_node_7.tif,itc\n", [("unknown_node", 3)]),
        (BOTH + "patient_100_node_0.tif,pN0\n", [("unknown_category", 3)]),
        ("patient_100,negative\npatient_101,pN0\n", [("unknown_stage", 1)]),
        ("patient_100,\npatient_101,NA\n", [("unknown_stage", 1), ("unknown_stage", 2)]),
        ("patient_100,pN0,1\npatient_101,pN0\n", [("missing_patient", None), ("ragged_row", 1)]),
        ("patient,pn\npatient_100,pN0\n", [("missing_column", 1)]),
        ("patient,stage,Stage\n", [("repeated_column", 1)]),
        (b"patient_100,\x00\n", [("nul_byte", 1)]),
    ],
)
def test_problems_are_named_by_line(
    content: str | bytes, expected: list[tuple[str, int | None]]
) -> None:
    _, findings = read(content)

    assert [(str(problem.code), problem.line) for problem in findings.problems] == expected


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("pN0i+", "pN0(i+)"),
        ("pN0(i)", "pN0(i+)"),
        ("pN0 i+", "pN0(i+)"),
        ("N1mi", "pN1mi"),
        ("pN1(mi)", "pN1mi"),
        ("pN-2", "pN2"),
    ],
)
def test_a_near_miss_gets_a_suggestion(word: str, meant: str) -> None:
    _, findings = read(f"patient_100,{word}\npatient_101,pN0\n")

    assert findings.problems[0].detail == f"'{word}' is no pN stage; did you mean {meant}?"


def test_other_words_get_the_whole_list() -> None:
    _, findings = read("patient_100,pN3\npatient_101,pN0\npatient_100_node_0,bad\n")

    assert [problem.detail for problem in findings.problems] == [
        "'pN3' is no pN stage; write one of pN0, pN0(i+), pN1mi, pN1, pN2.",
        "'bad' is no node category; write one of negative, itc, micro, macro.",
    ]


def test_the_other_data_sets_word_for_negative_gets_a_suggestion() -> None:
    _, findings = read(BOTH + "patient_100_node_0,normal\n")

    assert findings.problems[0].detail.endswith("did you mean negative?")


@given(st.text(alphabet='patien_1.z,;pN0(i+)\n"', max_size=80))
def test_any_text_ends_in_stages_or_problems(text: str) -> None:
    submitted, findings = read(text)

    assert findings.counts or set(submitted.stage_of) == {"patient_100", "patient_101"}
