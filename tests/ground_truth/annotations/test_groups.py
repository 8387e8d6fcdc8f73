import pytest

from ground_truth.annotations.groups import CAMELYON_ROLES, GroupRoles, parse_roles


def test_pairs_become_roles() -> None:
    assert parse_roles(" a=1, b c=0 ,d=x=1") == GroupRoles(("a", "d=x"), ("b c",))


def test_without_labels_camelyons_groups_are_known() -> None:
    assert CAMELYON_ROLES.known_groups == {
        *("_0", "_1", "Tumor", "metastases"),
        *("_2", "Exclusion", "normal"),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not GROUP=LABEL"),
        ("a", "'a' is not GROUP=LABEL"),
        ("a=1,", "'' is not GROUP=LABEL"),
        ("a=-1", "is not GROUP=LABEL"),
        ("a=2", "'a' has the label 2: 1 is tumour, 0 is cut out"),
        ("a=1,a=0", "'a' comes twice"),
        ("a=0", "nothing is tumour"),
    ],
)
def test_what_is_no_list_of_labels_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_roles(text)
