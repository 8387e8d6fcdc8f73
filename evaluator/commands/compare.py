"""Defines the commands over saved results: camelyon compare, rank and ensemble."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

EXIT_FAILED = 1
STANDARD_OUTPUT = "-"

JsonOption = Annotated[
    str | None, typer.Option("--json", metavar="FILE|-", help="Write it as JSON.")
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write one HTML page.")
]
FolderArgument = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", help="Of results as JSON.", exists=True, file_okay=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command("compare")(compare)
    app.command("rank")(rank)
    app.command("ensemble")(ensemble)


def compare(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT…",
            help="JSON of two or more results; replicates lie beside as NPZ of the same name.",
            exists=True,
            dir_okay=False,
        ),
    ],
    json_file: JsonOption = None,
    report: ReportOption = None,
) -> None:
    """Compare results pair by pair on the same resamples."""
    from evaluator.comparison import (
        compare as compare_results,
        comparison_json,
        comparison_text,
    )
    from evaluator.reports import comparison_report
    from evaluator.results import canonical_json, read_saved

    with _faults_reported():
        comparison = compare_results([read_saved(path) for path in results])
    if report is not None:
        report.write_text(comparison_report(comparison), encoding="utf-8")
    if json_file is not None:
        _write(canonical_json(comparison_json(comparison)), json_file)
    elif report is None:
        typer.echo(comparison_text(comparison), nl=False)
    for name in [one.name for one in comparison.scored if one.replicates is None]:
        typer.echo(
            f"no replicates beside {name}.json, so no intervals and no p-values: "
            f"score it again with --replicates {name}.npz",
            err=True,
        )


def rank(
    folder: FolderArgument,
    *,
    csv: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Write the ranking as CSV.")
    ] = None,
    report: ReportOption = None,
    challenger: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="Write a value a case, as challengeR reads them."),
    ] = None,
    replicates: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", help="Write all scores on all resamples.")
    ] = None,
) -> None:
    """Rank the results of a folder, with intervals and simultaneous rank sets."""
    from evaluator.comparison import (
        challenger_csv,
        rank as rank_results,
        ranking_csv,
        replicates_npz,
    )
    from evaluator.reports import ranking_report
    from evaluator.results import read_folder

    with _faults_reported():
        saved = read_folder(folder)
        ranking = rank_results(saved)
        if replicates is not None:
            replicates.write_bytes(replicates_npz(ranking.scored))
    if challenger is not None:
        _write(challenger_csv(saved), challenger)
    if report is not None:
        report.write_text(ranking_report(ranking), encoding="utf-8")
    if csv is not None or not (challenger or report or replicates):
        _write(ranking_csv(ranking), csv or STANDARD_OUTPUT)


def ensemble(
    folder: FolderArgument,
    *,
    top: Annotated[int, typer.Option(metavar="K", help="Combine the best K results.", min=2)] = 3,
    json_file: JsonOption = None,
    report: ReportOption = None,
) -> None:
    """Combine the best results of a folder: exploratory, never ranked."""
    from evaluator.comparison import combine_best, ensemble_json
    from evaluator.reports import ensemble_report, ensemble_text
    from evaluator.results import canonical_json, read_folder

    with _faults_reported():
        combined = combine_best(read_folder(folder), top)
    if report is not None:
        report.write_text(ensemble_report(combined), encoding="utf-8")
    if json_file is not None:
        _write(canonical_json(ensemble_json(combined)), json_file)
    elif report is None:
        typer.echo(ensemble_text(combined), nl=False)


@contextmanager
def _faults_reported() -> Iterator[None]:
    """Turn a fault of a file into one line and exit code 1."""
    try:
        yield
    except (OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_FAILED) from None


def _write(text: str, file: str) -> None:
    if file == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
    else:
        Path(file).write_text(text, encoding="utf-8")
