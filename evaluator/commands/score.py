"""Defines the commands camelyon validate and camelyon score."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from evaluator.results import Parameters, Result
    from evaluator.submissions import CheckReport

EXIT_FAILED = 1
EXIT_HAS_PROBLEMS = 3
STANDARD_OUTPUT = "-"

KindOption = Annotated[
    Literal["lesions", "slides", "staging"], typer.Option("--kind", help="What is submitted.")
]
SubmissionArgument = Annotated[
    Path,
    typer.Argument(metavar="SUBMISSION", help="A zip, a folder or a single CSV.", exists=True),
]
ParametersOption = Annotated[
    Path | None,
    typer.Option("--parameters", help="The phase's parameters as JSON.", exists=True),
]
TruthOption = Annotated[
    Path,
    typer.Option("--truth", help="Directory of a truth version.", exists=True, file_okay=False),
]
JsonOption = Annotated[
    str | None, typer.Option("--json", metavar="FILE|-", help="Write the result as JSON.")
]
IntervalsOption = Annotated[
    bool,
    typer.Option(
        "--intervals/--no-intervals",
        help="Draw intervals from 10,000 resamples, as new phases do.",
    ),
]
ReplicatesOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE.npz", help="Write the scores on all resamples, for compare."),
]
SubsetOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Score a named set of slides: all129, no114, no114_124, tumour, centre:NAME.",
    ),
]
ReportOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the result as one HTML page.")
]


def register(app: typer.Typer) -> None:
    """Add the evaluator's commands to an application."""
    app.command("validate")(validate)
    app.command("score")(score)


def validate(
    submission: SubmissionArgument,
    kind: KindOption,
    cases: Annotated[
        Path, typer.Option("--cases", help="Case list, from 'truth cases'.", exists=True)
    ],
    parameters: ParametersOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Check a submission against the public case list; needs no truth."""
    from evaluator.results import canonical_json
    from evaluator.submissions import Steps, check
    from ground_truth.reference import read_case_list
    from ground_truth.types import Kind

    with _faults_reported(cases):
        case_list = read_case_list(cases.read_text(encoding="utf-8"))
        if not case_list.asks_for(Kind(kind)):
            raise ValueError(f"it lists nothing of kind {kind}")
    chosen = _parameters(kind, parameters)
    with _faults_reported(submission, OSError), _progress("Checking") as on_progress:
        report = check(Kind(kind), submission, case_list, chosen, Steps(on_progress))
    typer.echo(canonical_json(report.to_json()) if as_json else _report_text(report), nl=False)
    raise typer.Exit(0 if report.is_accepted else EXIT_HAS_PROBLEMS)


def score(  # noqa: PLR0913 - one argument an option
    submission: SubmissionArgument,
    truth: TruthOption,
    kind: KindOption,
    parameters: ParametersOption = None,
    *,
    json_file: JsonOption = None,
    intervals: IntervalsOption = True,
    replicates: ReplicatesOption = None,
    subset: SubsetOption = None,
    report: ReportOption = None,
) -> None:
    """Score a submission against a ground truth, as the service does."""
    from evaluator.errors import SubmissionError
    from evaluator.results import canonical_json

    if replicates is not None and not intervals:
        raise typer.BadParameter("there are none without --intervals", param_hint="--replicates")
    try:
        result = _scored(submission, _ScoreRequest(kind, truth, parameters, intervals, subset))
    except SubmissionError as error:
        _write(canonical_json(error.to_json()), json_file or STANDARD_OUTPUT)
        raise typer.Exit(EXIT_HAS_PROBLEMS) from None
    if replicates is not None:
        _write_replicates(result, replicates)
    if report is not None:
        _write_report(result, submission, report)
    if json_file is None:
        typer.echo(_result_text(result), nl=False)
    else:
        _write(canonical_json(result.to_json()), json_file)


@dataclass(frozen=True, slots=True)
class _ScoreRequest:
    """What to score against and by: the truth, the phase's rules, intervals, the subset."""

    kind: str
    truth: Path
    parameters: Path | None
    intervals: bool
    subset: str | None


def _scored(submission: Path, wanted: _ScoreRequest) -> "Result":
    from evaluator.metrics.resampling import RESAMPLES
    from evaluator.scoring import evaluate, subset_of
    from evaluator.submissions import Steps
    from ground_truth.types import Kind
    from ground_truth.versions import case_list, load_truth

    kind, chosen = Kind(wanted.kind), _parameters(wanted.kind, wanted.parameters)
    with _faults_reported(wanted.truth):
        loaded = load_truth(wanted.truth)
        if not case_list(loaded).asks_for(kind):
            raise ValueError(f"it holds nothing of kind {kind}")
        if wanted.subset is not None:
            loaded = subset_of(loaded, kind, wanted.subset)
    n_resamples = RESAMPLES if wanted.intervals else 0
    with _faults_reported(submission, OSError), _progress("Scoring") as on_progress:
        steps = Steps(on_progress)
        result = evaluate(kind, submission, loaded, chosen, n_resamples=n_resamples, steps=steps)
    return replace(result, provenance=replace(result.provenance, subset=wanted.subset))


def _write_replicates(result: "Result", file: Path) -> None:
    from evaluator.results import replicates_to_npz

    if result.replicates is None:
        typer.echo(f"{file}: not written, the score is undefined", err=True)
        return
    with _faults_reported(file, OSError):
        file.write_bytes(replicates_to_npz(result.replicates))


def _write_report(result: "Result", submission: Path, file: Path) -> None:
    from evaluator.reports import result_report

    page = result_report(result, submission.resolve().stem)
    with _faults_reported(file, OSError):
        file.write_text(page, encoding="utf-8")


def _parameters(kind: str, file: Path | None) -> "Parameters":
    from evaluator.results import default_parameters, parameters_from_json
    from ground_truth.types import Kind

    if file is None:
        return default_parameters(Kind(kind))
    with _faults_reported(file):
        return parameters_from_json(Kind(kind), json.loads(file.read_text(encoding="utf-8")))


@contextmanager
def _faults_reported(file: Path | str, *kinds: type[Exception]) -> Iterator[None]:
    """Turn a fault of a file into one line and exit code 1; by default the faults of truths."""
    from ground_truth.errors import TruthError

    caught = kinds or (OSError, ValueError, TruthError)
    try:
        yield
    except caught as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        typer.echo(f"{file}: {reason}", err=True)
        raise typer.Exit(EXIT_FAILED) from None


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with typer.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def advance(done: int, in_all: int) -> None:
            bar.length = in_all
            bar.update(done - bar.pos)

        yield advance


def _write(text: str, file: str) -> None:
    if file == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
        return
    with _faults_reported(file, OSError):
        Path(file).write_text(text, encoding="utf-8")


def _report_text(report: "CheckReport") -> str:
    verdict = "accepted" if report.is_accepted else "not accepted"
    n_problems = sum(report.counts.values())
    lines = [f"{verdict}: {report.n_members} file(s) used, {n_problems} problem(s)"]
    if n_problems > len(report.problems):
        counted = (f"{report.counts[code]} {code}" for code in sorted(report.counts))
        lines.append(f"the first {len(report.problems)} are listed, of {', '.join(counted)}")
    for heading, remarks in (
        ("problem", report.problems),
        ("warning", report.warnings),
        ("notice", report.notices),
    ):
        for remark in remarks:
            place = ":".join(str(part) for part in (remark.file, remark.line) if part is not None)
            lines.append(f"{heading} {remark.code} {place or '-'}: {remark.detail}")
    return "\n".join(lines) + "\n"


def _result_text(result: "Result") -> str:
    provenance = result.provenance
    lines = [
        f"score {_score_text(result)} ({provenance.protocol}, {_set_text(result)})",
        *_interval_lines(result),
        f"truth {provenance.truth_version}, scoring {provenance.scoring}",
        f"content {provenance.content_sha256}",
    ]
    lines += [f"warning {warning.code}: {warning.detail}" for warning in provenance.warnings]
    return "\n".join(lines) + "\n"


def _score_text(result: "Result") -> str:
    from evaluator.comparison import undefined_text

    return undefined_text(result) if result.score is None else f"{result.score:.4f}"


def _set_text(result: "Result") -> str:
    """Say what a score was measured on: scores of other sets are not comparable."""
    from evaluator.comparison import units_text

    subset = result.provenance.subset
    return units_text(result) if subset is None else f"{units_text(result)}, set {subset}"


def _interval_lines(result: "Result") -> list[str]:
    from evaluator.scoring import interval_of

    found = interval_of(result.aggregates)
    if found is None:
        return []
    method = found["method"] if found["fallback"] is None else f"{found['method']}, a fallback"
    n_resamples = result.provenance.n_resamples
    ends = f"{found['low']:.4f} to {found['high']:.4f}"
    return [f"interval {ends} ({found['level']:.0%}, {method}, {n_resamples} resamples)"]
