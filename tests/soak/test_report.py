from dataclasses import replace
from pathlib import Path

import pytest

from tests.soak.__main__ import PAGE
from tests.soak.report import Report, lines_of, write_into_page

REPORT = Report(
    stack="S",
    seed=7,
    seconds=300,
    faults={"worker killed": 3},
    faults_without_effect={},
    figures={"scored": 40},
    statuses={"submit": {"202": 41}},
    times={"accept": {"n": 41, "p50_seconds": 0.1, "p99_seconds": 0.9, "max_seconds": 1.0}},
    problems={"lost": [], "doubled": []},
    skipped={"disk nearly full": "no disk could be mounted"},
)


def test_a_report_without_a_problem_has_passed() -> None:
    assert REPORT.has_passed
    assert list(lines_of(REPORT))[-1] == "passed"


def test_one_problem_of_one_check_fails_and_the_seed_is_told() -> None:
    report = replace(REPORT, problems={"lost": ["sub_1: gone"], "doubled": []})

    lines = list(lines_of(report))
    assert not report.has_passed
    assert "lost: 1" in lines
    assert "    sub_1: gone" in lines
    assert lines[-1] == "FAILED; repeat with --seed 7"


def test_a_section_of_the_page_is_replaced_and_the_rest_kept(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n<!-- soak S: begin -->\nold\n<!-- soak S: end -->\n\nlast\n")

    write_into_page(REPORT, page)

    text = page.read_text()
    assert text.startswith("# Page\n\n<!-- soak S: begin -->\n### S: ")
    assert "| worker killed | 3 |" in text
    assert "| accept, p50 / p99 | 0.1 / 0.9 s |" in text
    assert "old" not in text
    assert text.endswith("<!-- soak S: end -->\n\nlast\n")


def test_a_page_without_the_section_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n")

    with pytest.raises(ValueError, match=r"page.md has 0 sections"):
        write_into_page(REPORT, page)


@pytest.mark.parametrize("stack", ["S", "P"])
def test_the_page_of_reliability_has_a_section_for_each_stack(stack: str, tmp_path: Path) -> None:
    page = tmp_path / "reliability.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")

    write_into_page(replace(REPORT, stack=stack), page)

    assert "| worker killed | 3 |" in page.read_text(encoding="utf-8")
