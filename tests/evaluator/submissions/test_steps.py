"""Tests that kept answers of the decoder are used again, and refused where they do not fit."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from evaluator.forms.geometry import SlideSize
from evaluator.forms.slide_forms import DecodeRequest, Form
from evaluator.results.parameters import LesionParameters, Suppression
from evaluator.results.result import canonical_json
from evaluator.scoring.evaluation import evaluate
from evaluator.submissions.checking import check
from evaluator.submissions.steps import Steps, answer_key
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.version import case_list
from tests.evaluator.hostile_images import png
from tests.evaluator.makers import folder, mask, slide, truth

SIZE = (1600, 3200)
DIGEST = "0" * 64


@dataclass(slots=True)
class Answers:
    """A store in memory that notes what was asked of it."""

    kept: dict[str, bytes] = field(default_factory=dict)
    n_found: int = 0

    def find(self, key: str) -> bytes | None:
        """Return a kept answer."""
        self.n_found += key in self.kept
        return self.kept.get(key)

    def keep(self, key: str, answer: bytes) -> None:
        """Keep an answer."""
        self.kept[key] = answer


def three_slides() -> GroundTruth:
    lesion = mask([[1, 1], [1, 1]], x0=10, y0=20)
    names = ("test_001", "test_002", "test_003")
    return truth([slide(name, lesion, size=SIZE) for name in names])


def maps(place: Path) -> Path:
    files = {}
    for number in (1, 2, 3):
        values = np.zeros((50, 25), dtype=np.uint8)
        values[10, 5] = 255 - number
        files[f"test_00{number}.png"] = png(values)
    return folder(place, files)


def scored(path: Path, steps: Steps) -> str:
    result = evaluate(Kind.LESIONS, path, three_slides(), LesionParameters(), steps=steps)
    return canonical_json(result.to_json())


class WorkerKilledError(Exception):
    pass


def test_scoring_goes_on_where_a_lost_worker_stopped(tmp_path: Path) -> None:
    path, answers = maps(tmp_path), Answers()

    def lose_the_worker_after_two(done: int, total: int) -> None:
        assert total == 3
        if done == 2:
            raise WorkerKilledError

    with pytest.raises(WorkerKilledError):
        scored(path, Steps(lose_the_worker_after_two, answers))
    assert (len(answers.kept), answers.n_found) == (2, 0)

    text = scored(path, Steps(answers=answers))

    assert (len(answers.kept), answers.n_found) == (3, 2)
    assert text == scored(path, Steps())


def test_scoring_decodes_nothing_that_the_check_decoded(tmp_path: Path) -> None:
    path, answers = maps(tmp_path), Answers()

    report = check(
        Kind.LESIONS, path, case_list(three_slides()), LesionParameters(), Steps(answers=answers)
    )
    text = scored(path, Steps(answers=answers))

    assert report.is_accepted
    assert (len(answers.kept), answers.n_found) == (3, 3)
    assert text == scored(path, Steps())


@pytest.mark.parametrize(
    "broken", [b"", b"{}\n", b'{"confidence":[2.0],"x":[1],"y":[1]}\n', b"\xff", b"[" * 10_000]
)
def test_an_answer_that_cannot_be_is_asked_for_again(tmp_path: Path, broken: bytes) -> None:
    path, answers = maps(tmp_path), Answers()
    expected = scored(path, Steps(answers=answers))
    good = dict(answers.kept)
    answers.kept = dict.fromkeys(good, broken)

    assert scored(path, Steps(answers=answers)) == expected
    assert answers.kept == good


def test_a_key_tells_files_and_questions_apart() -> None:
    request = DecodeRequest(Form.PNG, "test_001.png", SlideSize(*SIZE), most=1000)
    asked = [
        (request, DIGEST),
        (request, "1" * 64),
        (DecodeRequest(Form.TIFF, "test_001.png", SlideSize(*SIZE), most=1000), DIGEST),
        (DecodeRequest(Form.PNG, "test_001.png", SlideSize(*SIZE), most=999), DIGEST),
        (
            DecodeRequest(Form.PNG, "test_001.png", SlideSize(*SIZE), 1000, Suppression(0.25)),
            DIGEST,
        ),
        (
            DecodeRequest(Form.PNG, "test_001.png", SlideSize(*SIZE), 1000, told={"axes": "xy"}),
            DIGEST,
        ),
    ]

    assert len({answer_key(*one) for one in asked}) == 6
