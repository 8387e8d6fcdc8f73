import pytest

from evaluator.forms.stages import SubmittedStages
from evaluator.results.parameters import StagingParameters
from evaluator.results.result import provenance_of
from evaluator.scoring.staging import PatientPart, combine, score_patient
from ground_truth.types import Kind, PatientTruth
from tests.evaluator.makers import patient

PARAMETERS = StagingParameters()
PROVENANCE = provenance_of(Kind.STAGING, PARAMETERS, "0123456789ab", "f" * 64, ())


def part(truth: PatientTruth, stage: str, *categories: str) -> PatientPart:
    nodes = {f"{truth.patient}_node_{index}": given for index, given in enumerate(categories)}
    return score_patient(SubmittedStages({truth.patient: stage}, nodes), truth, PARAMETERS)


def test_five_patients_of_a_published_toy_case() -> None:
    # Reference 0, 1, 4, 4, 0 and answer 0, 4, 4, 1, 1 give 0.3871 over the five fixed stages.
    reference = ("pN0", "pN0(i+)", "pN2", "pN2", "pN0")
    given = ("pN0", "pN2", "pN2", "pN0(i+)", "pN0(i+)")
    parts = [
        part(patient(f"p{index}", true, []), answer)
        for index, (true, answer) in enumerate(zip(reference, given, strict=True))
    ]

    result = combine(parts, PROVENANCE)

    assert result.score == pytest.approx(0.3871, abs=5e-5)
    assert result.aggregates["kappa"] == {"value": result.score}
    assert result.aggregates["labels"] == ["pN0", "pN0(i+)", "pN1mi", "pN1", "pN2"]
    assert result.aggregates["confusion"] == [
        [1, 1, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 1, 0, 0, 1],
    ]
    assert "nodes" not in result.aggregates
    assert result.case["p1"] == {"stage": "pN2", "reference": "pN0(i+)"}


def test_one_and_the_same_stage_everywhere_leaves_kappa_undefined() -> None:
    result = combine([part(patient("p0", "pN0", []), "pN0")], PROVENANCE)

    assert result.score is None
    assert result.aggregates["kappa"] == {"value": None, "reason": "single_class"}


def test_no_patient_leaves_kappa_undefined() -> None:
    assert combine([], PROVENANCE).aggregates["kappa"] == {"value": None, "reason": "no_patients"}


def test_node_metrics_of_the_patients_whose_nodes_are_all_given() -> None:
    parts = [
        part(patient("p0", "pN1", ["macro", "negative"]), "pN0", "micro", "negative"),
        part(patient("p1", "pN0", ["negative", "negative"]), "pN0", "negative", "negative"),
        part(patient("p2", "pN2", ["macro", "macro"]), "pN2", "macro"),
    ]

    result = combine(parts, PROVENANCE)

    nodes = result.aggregates["nodes"]
    assert isinstance(nodes, dict)
    assert nodes["n_patients"] == 2
    assert nodes["accuracy"] == 0.75
    assert nodes["recall"] == {
        "negative": {"value": 1.0, "n": 3},
        "itc": {"value": None, "reason": "no_nodes", "n": 0},
        "micro": {"value": None, "reason": "no_nodes", "n": 0},
        "macro": {"value": 0.0, "n": 1},
    }
    assert (nodes["sensitivity"], nodes["specificity"]) == ({"value": 1.0}, {"value": 1.0})
    # derived pN1mi, pN0 against pN1, pN0: observed 1, expected (1 + 9 + 4 + 0) / 2
    derived = nodes["derived_stage_kappa"]
    assert isinstance(derived, dict)
    assert derived["value"] == pytest.approx(6 / 7)
    assert result.case["p0"] == {"stage": "pN0", "reference": "pN1", "derived_stage": "pN1mi"}
    assert result.case["p2"] == {"stage": "pN2", "reference": "pN2"}
