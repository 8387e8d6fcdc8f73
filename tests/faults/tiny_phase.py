"""Makes a tiny truth, a phase over it, and the results that files must get there."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from evaluator.results.parameters import parameters_from_json
from evaluator.results.result import canonical_json
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import case_list
from tests.builders import camelyon16_folder
from webapp.database.engine import read_clock
from webapp.runtime import Runtime
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseSpec, PhaseView

PHASE = "lesions"
DETECTIONS: Mapping[str, str | bytes] = {
    "test_001.csv": "0.9,2000,2000\n0.4,5200,5200\n0.3,7000,100\n",
    "test_002.csv": "0.8,3300,3300\n",
    "test_003.csv": "0.2,10,10\n",
    "test_004.csv": "",
}


def build_truth(source: Path, truths: Path) -> str:
    """Build a version of four slides; return its name."""
    return build_camelyon16(camelyon16_folder(source), truths)


def add_phase(runtime: Runtime, truth: GroundTruth, quota_limit: int) -> PhaseView:
    """Add a challenge with one phase that has been open for an hour."""
    with runtime.session() as session:
        challenges.add_challenge(session, slug="tiny", name="Tiny", summary="")
        spec = PhaseSpec(
            challenge_slug="tiny",
            slug=PHASE,
            name="Lesions",
            kind=Kind.LESIONS,
            opens_at=read_clock(session) - timedelta(hours=1),
            quota_limit=quota_limit,
        )
        return challenges.add_phase(session, spec, case_list(truth))


def offline_result(path: Path, truth: GroundTruth, phase: PhaseView) -> str:
    """Score a file as `camelyon score` does; return the bytes that the service must store."""
    from evaluator.scoring.evaluation import evaluate

    parameters = parameters_from_json(Kind.LESIONS, phase.parameters)
    result = evaluate(Kind.LESIONS, path, truth, parameters, n_resamples=phase.n_resamples)
    return canonical_json(result.to_json())
