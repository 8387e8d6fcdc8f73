"""Checks a submission of heatmaps and prints whether it was accepted, and two peaks of memory.

In a fresh process, as a worker does it: the first peak is its own, the second that of the largest
decoder, in MiB.

    python -m benchmarks.checked_heatmaps SUBMISSION N_SLIDES
"""

import json
import resource
import sys
from pathlib import Path

from evaluator.results.parameters import LesionParameters
from evaluator.submissions.checking import check
from ground_truth.reference.cases import CaseList, SlideCase
from ground_truth.types import Kind

STRIDE = 64
ROWS, COLUMNS = 3456, 1528
"""Of the heatmaps."""


def main() -> None:
    """Check the submission against slides that its heatmaps cover exactly."""
    both = frozenset({Kind.LESIONS, Kind.SLIDES})
    cases = tuple(
        SlideCase(f"slide_{number:03}", COLUMNS * STRIDE, ROWS * STRIDE, 0.243, both)
        for number in range(int(sys.argv[2]))
    )
    case_list = CaseList("0" * 12, "camelyon16", cases)
    report = check(Kind.LESIONS, Path(sys.argv[1]), case_list, LesionParameters(10_000))
    peaks = [
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(json.dumps([report.is_accepted, *peaks]))


if __name__ == "__main__":
    main()
