"""Defines `camelyon outcomes`: writes hits, misses and false positives as files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from evaluator.results import LesionParameters

_EXIT_FAILED = 1
_EXIT_HAS_PROBLEMS = 3


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("outcomes")(outcomes)


def outcomes(
    submission: Annotated[
        Path, typer.Argument(metavar="SUBMISSION", help="A zip or a folder.", exists=True)
    ],
    truth: Annotated[
        Path,
        typer.Option("--truth", help="Directory of a truth version.", exists=True, file_okay=False),
    ],
    form: Annotated[Literal["asap", "geojson"], typer.Option("--as", help="For ASAP or QuPath.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write into.")],
    parameters: Annotated[
        Path | None,
        typer.Option("--parameters", help="The phase's parameters as JSON.", exists=True),
    ] = None,
) -> None:
    """Write what each detection and each lesion came to, a file a slide; for organisers."""
    from evaluator.errors import SubmissionError
    from ground_truth.errors import TruthError

    try:
        count = _write_all(submission, truth, form, out, _parameters(parameters))
    except SubmissionError as error:
        typer.echo(json.dumps(error.to_json(), sort_keys=True, ensure_ascii=False))
        raise typer.Exit(_EXIT_HAS_PROBLEMS) from None
    except (OSError, ValueError, TruthError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_EXIT_FAILED) from None
    typer.echo(f"{count} files in {out}")


def _write_all(
    submission: Path, version: Path, form: str, out: Path, parameters: "LesionParameters"
) -> int:
    """Write a file for each slide used for lesions and return how many."""
    from evaluator.scoring import outcome_shapes
    from evaluator.submissions import read_lesions
    from ground_truth.types import Kind
    from ground_truth.versions import ShapeFormat, case_list, load_truth, write_shapes

    loaded = load_truth(version)
    read = read_lesions(submission, case_list(loaded), parameters)
    read.findings.raise_problems()
    slides = loaded.slides_for(Kind.LESIONS)
    for slide in slides:
        shapes = outcome_shapes(read.content[slide.slide], slide)
        write_shapes(out, slide.slide, shapes, ShapeFormat(form))
    return len(slides)


def _parameters(file: Path | None) -> "LesionParameters":
    from evaluator.results import LesionParameters, parameters_from_json
    from ground_truth.types import Kind

    if file is None:
        return LesionParameters()
    chosen = parameters_from_json(Kind.LESIONS, json.loads(file.read_text(encoding="utf-8")))
    if not isinstance(chosen, LesionParameters):
        raise TypeError(f"{file} holds no parameters of kind lesions")
    return chosen
