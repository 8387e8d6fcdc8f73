import pytest

from evaluator.archives.member_names import file_name, is_csv, report_unexpected, used_paths
from evaluator.errors import Findings


def used(*paths: str) -> tuple[tuple[str, ...], list[tuple[str, str | None]]]:
    findings = Findings()
    found = used_paths(paths, findings)
    return found, [(str(problem.code), problem.file) for problem in findings.problems]


def test_flat_files_and_one_top_folder_are_used_in_order() -> None:
    assert used("b.csv", "a.csv") == (("b.csv", "a.csv"), [])
    assert used("top/b.csv", "top/a.csv") == (("top/b.csv", "top/a.csv"), [])
    assert used() == ((), [])


def test_system_files_do_not_decide_what_the_top_folder_is() -> None:
    assert used(".DS_Store", "__MACOSX/top/._a.csv", "top/a.csv") == (("top/a.csv",), [])


def test_files_elsewhere_are_named() -> None:
    assert used("top/a.csv", "top/x/b.csv") == (("top/a.csv",), [("nested_folder", "top/x/b.csv")])


def test_a_repeated_name_is_named_once_for_each_repetition() -> None:
    found, problems = used("a.csv", "A.csv", "a.CSV", "b.csv")

    assert problems == [("duplicate_name", "A.csv"), ("duplicate_name", "a.CSV")]
    assert found[-1] == "b.csv"


def test_the_very_same_name_twice_is_named_too() -> None:
    assert used("a", "a")[1] == [("duplicate_name", "a")]


@pytest.mark.parametrize(
    "path", ["", "/a.csv", "C:a.csv", "a//b.csv", "./a.csv", "../a.csv", "x/../a.csv", "a\\b.csv",
             "a\nb.csv", "a\x00", "\u202ea.csv", "x" * 256]
)  # fmt: skip
def test_names_that_could_lead_elsewhere_are_refused(path: str) -> None:
    found, problems = used(path)

    assert found == ()
    assert [code for code, _ in problems] == ["unsafe_name"]


def test_a_name_of_255_characters_and_other_scripts_are_fine() -> None:
    paths = ("x" * 255, "größe.csv", "切片.csv")

    assert used(*paths) == (paths, [])


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("a.zip", "nested_archive"),
        ("a.csv.GZ", "nested_archive"),
        ("a.7z", "nested_archive"),
        ("readme.txt", "unexpected_file"),
        ("heatmap.png", "unexpected_file"),
        ("noextension", "unexpected_file"),
    ],
)
def test_files_that_do_not_belong_are_told_apart(path: str, code: str) -> None:
    findings = Findings()

    report_unexpected(path, findings)

    assert [str(problem.code) for problem in findings.problems] == [code]


def test_names_are_taken_apart() -> None:
    assert (file_name("top/a.csv"), file_name("a.csv")) == ("a.csv", "a.csv")
    assert [is_csv(name) for name in ("a.csv", "A.CSV", "a.csv.gz", "csv")] == [
        True,
        True,
        False,
        False,
    ]
