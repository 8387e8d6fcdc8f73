from pathlib import Path

import pytest

from evaluator.results.parameters import default_parameters
from evaluator.scoring.evaluation import evaluate
from ground_truth.types import Kind
from tests.builders import camelyon16_folder
from webapp.demo.data_sets.camelyon17 import write_camelyon17
from webapp.demo.phases import truth_of
from webapp.demo.seeding import FILE_NAMES, submission_file
from webapp.demo.teams import TEAMS, Skill
from webapp.demo.truths import DemoTruths, build_truths

FLAWLESS_SKILL = Skill(
    sensitivity=1.0, false_positives=0.0, offset_um=0.0, separation=20.0, node_accuracy=1.0
)
CLUELESS_SKILL = Skill(
    sensitivity=0.0, false_positives=20.0, offset_um=90.0, separation=-5.0, node_accuracy=0.1
)


@pytest.fixture(scope="module")
def truths(tmp_path_factory: pytest.TempPathFactory) -> DemoTruths:
    root = tmp_path_factory.mktemp("truths")
    camelyon16_folder(root / "data/camelyon16")
    write_camelyon17(root / "data/camelyon17", seed=16)
    return build_truths(root / "data", root / "truth")


def score(truths: DemoTruths, kind: Kind, skill: Skill, folder: Path) -> float | None:
    path = folder / FILE_NAMES[kind]
    path.write_bytes(submission_file(truths, kind, skill, seed=7))
    return evaluate(kind, path, truth_of(truths, kind), default_parameters(kind)).score


@pytest.mark.parametrize("kind", Kind)
def test_a_flawless_method_scores_one(truths: DemoTruths, kind: Kind, tmp_path: Path) -> None:
    assert score(truths, kind, FLAWLESS_SKILL, tmp_path) == 1.0


@pytest.mark.parametrize("kind", Kind)
def test_a_clueless_method_scores_little(truths: DemoTruths, kind: Kind, tmp_path: Path) -> None:
    found = score(truths, kind, CLUELESS_SKILL, tmp_path)

    assert found is not None
    assert found < 0.8


@pytest.mark.parametrize("kind", Kind)
def test_equal_seeds_give_equal_files_and_others_do_not(truths: DemoTruths, kind: Kind) -> None:
    skill = TEAMS[3].skill

    first = submission_file(truths, kind, skill, seed=7)

    assert submission_file(truths, kind, skill, seed=7) == first
    assert submission_file(truths, kind, skill, seed=8) != first


def test_a_team_gets_better_from_attempt_to_attempt() -> None:
    team = next(team for team in TEAMS if team.attempts == 3)

    sensitivities = [team.skill_at(attempt).sensitivity for attempt in (1, 2, 3)]

    assert sensitivities == sorted(sensitivities)
    assert sensitivities[-1] == team.skill.sensitivity
