import numpy as np

from evaluator.errors import Findings
from evaluator.forms.detections import Detections
from evaluator.submissions.confidence_warnings import warn_of_confidences


def warned(*slides: list[float]) -> list[str]:
    findings = Findings()
    detections = {
        f"test_{number:03}": Detections(
            np.array(confidence, dtype=np.float64),
            np.zeros(len(confidence)),
            np.zeros(len(confidence)),
        )
        for number, confidence in enumerate(slides)
    }
    warn_of_confidences(detections, findings)
    assert findings.counts == {}
    return [str(warning.code) for warning in findings.warnings]


TEN = [number / 20 for number in range(1, 11)]


def test_varied_confidences_give_no_warning() -> None:
    assert warned(TEN, []) == []


def test_fewer_than_ten_distinct_confidences() -> None:
    assert warned(TEN[:9], []) == ["few_confidences"]


def test_no_detection_at_all_has_no_distinct_confidence() -> None:
    assert warned([], []) == ["few_confidences"]


def test_more_than_a_fifth_at_the_maximum() -> None:
    assert warned([*TEN[:9], 0.9, 1.0, 1.0], [], [1.0]) == ["saturated_confidences"]
    assert warned([*TEN[:7], 0.9], [1.0, 1.0], []) == ["few_confidences"]


def test_one_tie_group_of_more_than_one_detection_a_slide() -> None:
    assert warned([*TEN, 0.5, 0.5], []) == ["large_tie_group"]
    assert warned([*TEN, 0.5], []) == []


def test_the_same_maximum_on_nearly_all_slides() -> None:
    slides = [[0.91, number / 100] for number in range(1, 12)]

    assert warned(*slides) == ["per_slide_scaling"]
    assert warned(*slides[:9]) == []
    assert warned(*slides, [0.92], [0.93]) == []
