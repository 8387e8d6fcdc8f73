from pathlib import Path

import pytest

from evaluator.errors import ProblemCode, SubmissionError
from evaluator.results.parameters import default_parameters
from evaluator.scoring.evaluation import evaluate
from ground_truth.types import Kind
from tests.builders import camelyon16_folder
from webapp.demo.data_sets.camelyon17 import write_camelyon17
from webapp.demo.samples import FAULTY_FILE_NAME, write_samples
from webapp.demo.truths import build_truths


def test_the_faulty_sample_has_three_faults_with_file_and_line(tmp_path: Path) -> None:
    camelyon16_folder(tmp_path / "data/camelyon16")
    write_camelyon17(tmp_path / "data/camelyon17", seed=16)
    truths = build_truths(tmp_path / "data", tmp_path / "truth")
    write_samples(tmp_path / "samples", truths)

    with pytest.raises(SubmissionError) as raised:
        evaluate(
            Kind.LESIONS,
            tmp_path / "samples" / FAULTY_FILE_NAME,
            truths.camelyon16,
            default_parameters(Kind.LESIONS),
        )

    problems = raised.value.problems
    assert {problem.code for problem in problems} == {
        ProblemCode.MISSING_SLIDE,
        ProblemCode.OUTSIDE_SLIDE,
        ProblemCode.CONFIDENCE_OUT_OF_RANGE,
    }
    assert {problem.file for problem in problems if problem.line} == {"test_001.csv"}
