"""Tests that hostile files are refused by code, fast, in little memory, without the truth."""

import os
from pathlib import Path

import pytest

from evaluator.results.parameters import LesionParameters
from evaluator.submissions.checking import CheckReport, check
from ground_truth.reference.cases import CaseList
from ground_truth.types import Kind
from ground_truth.versions.version import case_list
from tests.evaluator.hostile_images import IMAGES
from tests.evaluator.hostile_texts import TEXTS
from tests.evaluator.makers import folder, mask, slide, truth

MOST_SECONDS = 5.0
MOST_KIB = 64 * 1024

ONE_TRUTH = truth([slide("test_001", mask([[1, 1], [1, 1]]), size=(1600, 3200))])
OTHER_TRUTH = truth(
    [slide("test_001", mask([[0, 2], [1, 0]], itc=[2]), size=(1600, 3200), label="normal")]
)
FILES = {
    **{name: ({f"test_001.{suffix}": make}, code) for name, (suffix, make, code) in IMAGES.items()},
    **TEXTS,
}


def peak_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def computed_seconds() -> float:
    """CPU time of this process and of the decoders it has ended; load does not count."""
    return sum(os.times()[:4])


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def report(path: Path, cases: CaseList) -> CheckReport:
    return check(Kind.LESIONS, path, cases, LesionParameters())


def test_there_are_more_than_sixty() -> None:
    assert len(FILES) >= 100
    assert case_list(ONE_TRUTH) == case_list(OTHER_TRUTH)


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused(tmp_path: Path, name: str) -> None:
    makers, code = FILES[name]
    upload = folder(tmp_path / "upload", {file: make() for file, make in makers.items()})
    forget_peak()
    before, began = peak_kib(), computed_seconds()

    found = report(upload, case_list(ONE_TRUTH))

    assert computed_seconds() - began < MOST_SECONDS
    assert peak_kib() - before < MOST_KIB
    assert [str(problem.code) for problem in found.problems] == [code] * len(found.problems)
    assert found.problems
    assert found == report(upload, case_list(OTHER_TRUTH))
