import json

import pytest

from ground_truth.reference.cases import CaseList, PatientCase, SlideCase, read_case_list
from ground_truth.types import Kind

CASES = CaseList(
    truth_version="0123456789ab",
    layout="camelyon16",
    slides=(
        SlideCase("a", 10, 20, 0.243, frozenset({Kind.LESIONS, Kind.SLIDES})),
        SlideCase("b", None, None, 0.5, frozenset()),
    ),
    patients=(PatientCase("p", ("p_node_0", "p_node_1")),),
)


def test_a_case_list_survives_its_json() -> None:
    assert read_case_list(json.dumps(CASES.to_json())) == CASES


def test_kinds_are_written_in_name_order() -> None:
    assert CASES.to_json()["slides"][0]["kinds"] == ["lesions", "slides"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"truth_version":"v","layout":"l","slides":[1],"patients":[]}']
)
def test_what_is_no_case_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"case list|Expecting value"):
        read_case_list(text)
