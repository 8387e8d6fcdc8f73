import re
from pathlib import Path

from evaluator.errors import ProblemCode

PAGE = Path(__file__).resolve().parents[2] / "docs" / "problem-codes.md"


def test_the_page_of_codes_lists_every_code_and_no_other() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    listed = [code for row in rows for code in re.findall(r"`([a-z0-9_]+)`", row)]

    assert sorted(listed) == sorted(str(code) for code in ProblemCode)


def test_codes_are_snake_case() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", code) for code in ProblemCode)
