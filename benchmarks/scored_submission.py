"""Scores a submission and prints the CPU seconds of a second scoring and of a second yardstick.

In a fresh process: what is imported late, or remembered from another submission, does not count.

    python -m benchmarks.scored_submission TRUTH SUBMISSION N_RESAMPLES
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import sys
from pathlib import Path

from benchmarks.timing import cpu_seconds, time_yardstick
from evaluator.results.parameters import LesionParameters
from evaluator.scoring.evaluation import evaluate
from ground_truth.types import Kind
from ground_truth.versions.version import load_truth


def main() -> None:
    """Score once to import everything, then take the times."""
    truth, submission = load_truth(Path(sys.argv[1])), Path(sys.argv[2])

    def score() -> None:
        evaluate(Kind.LESIONS, submission, truth, LesionParameters(), n_resamples=int(sys.argv[3]))

    score()
    time_yardstick()
    print(json.dumps([cpu_seconds(score), time_yardstick()]))


if __name__ == "__main__":
    main()
