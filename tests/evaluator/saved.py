"""Saves results of each kind over one small truth with replicates, as the command does."""

from pathlib import Path

from evaluator.results.parameters import Parameters, default_parameters
from evaluator.results.replicates import replicates_to_npz
from evaluator.results.result import Result, canonical_json
from evaluator.scoring.evaluation import evaluate
from ground_truth.types import GroundTruth, Kind
from tests.evaluator.makers import folder, mask, patient, slide, truth

STAGES = ("pN0", "pN0(i+)", "pN1mi", "pN1", "pN2")
N_TUMOUR = 12
N_PATIENTS = 60


def small_truth() -> GroundTruth:
    """Return 24 slides, half of them with one lesion, and 60 patients."""
    slides = [
        slide(f"slide_{number:02}", mask([[1]]) if number < N_TUMOUR else None)
        for number in range(2 * N_TUMOUR)
    ]
    patients = [
        patient(f"patient_{number:03}", STAGES[number % 5], []) for number in range(N_PATIENTS)
    ]
    return truth(slides, patients)


def submission(kind: Kind, n_right: int) -> dict[str, str]:
    """Return files that are right about the first lesions, slides or patients, wrong later."""
    match kind:
        case Kind.LESIONS:
            hits = dict.fromkeys(range(min(n_right, N_TUMOUR)), "0.9,1,1\n")
            return {f"slide_{n:02}.csv": hits.get(n, "") for n in range(2 * N_TUMOUR)}
        case Kind.SLIDES:
            confidence = [0.9] * min(n_right, N_TUMOUR) + [0.05] * (N_TUMOUR - n_right)
            confidence += [0.1 + number / 40 for number in range(N_TUMOUR)]
            rows = [f"slide_{n:02},{one}\n" for n, one in enumerate(confidence)]
            return {"mine.csv": "slide,p\n" + "".join(rows)}
        case Kind.STAGING:
            given = [STAGES[(n + 2 * (n >= n_right)) % 5] for n in range(N_PATIENTS)]
            rows = [f"patient_{n:03}.zip,{stage}\n" for n, stage in enumerate(given)]
            return {"mine.csv": "patient,stage\n" + "".join(rows)}


def scored(path: Path, kind: Kind, n_right: int, parameters: Parameters | None = None) -> Result:
    """Score one of these submissions with 2,000 resamples."""
    return evaluate(
        kind,
        folder(path, submission(kind, n_right)),
        small_truth(),
        parameters or default_parameters(kind),
        n_resamples=2_000,
    )


def save(path: Path, result: Result, *, with_replicates: bool = True) -> Path:
    """Write a result's JSON and, beside it, its replicates."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(canonical_json(result.to_json()), encoding="utf-8")
    if with_replicates and result.replicates is not None:
        path.with_suffix(".npz").write_bytes(replicates_to_npz(result.replicates))
    return path


def saved_folder(path: Path, kind: Kind, *, with_replicates: bool = True) -> Path:
    """Save three results: good, fair (nearly as good) and poor."""
    rights = (55, 53, 5) if kind is Kind.STAGING else (11, 10, 1)
    for name, n_right in zip(("good", "fair", "poor"), rights, strict=True):
        result = scored(path / "uploads" / name, kind, n_right)
        save(path / "results" / f"{name}.json", result, with_replicates=with_replicates)
    return path / "results"
