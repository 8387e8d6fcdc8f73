"""Defines `camelyon truth`: builds, shows, verifies, compares and exports versions."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ground_truth.conversion.cli import mask
from ground_truth.failures import plain_errors

if TYPE_CHECKING:
    from ground_truth.types import GroundTruth
    from ground_truth.versions import Progress, Reading

app = typer.Typer(
    name="truth",
    help="Build, show and verify versions of the ground truth.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class Layout(StrEnum):
    """How a source is laid out."""

    CAMELYON16 = "camelyon16"
    CAMELYON17 = "camelyon17"
    TABLE = "table"


class Split(StrEnum):
    """Which part of CAMELYON16 to read."""

    TESTING = "testing"
    TRAINING = "training"


app.command()(mask)

SourceArgument = Annotated[
    Path, typer.Argument(help="The data set's folder, stages.csv itself, or a table.")
]
LayoutOption = Annotated[Layout, typer.Option(help="How the source is laid out.")]
RootOption = Annotated[Path, typer.Option(help="The truth root; the version is made below it.")]
SplitOption = Annotated[Split, typer.Option(help="CAMELYON16 only.")]
ExclusionsOption = Annotated[
    Path | None, typer.Option(help="CSV slide,kind,reason; replaces the default list.")
]
LabelsOption = Annotated[
    str | None,
    typer.Option(
        metavar="GROUP=1,GROUP=0,...",
        help="Annotation groups: 1 is tumour, 0 cut out of it; replaces CAMELYON's names.",
    ),
]
TumourValueOption = Annotated[
    int | None,
    typer.Option(min=1, max=65_535, help="Read *_mask.tif: pixels of this value are tumour."),
]
ChangelogOption = Annotated[
    str, typer.Option(help="What is new; required when another version is replaced.")
]
VersionFolder = Annotated[Path, typer.Argument(metavar="ROOT/VERSION", help="A version's folder.")]


@app.command()
def build(  # noqa: PLR0913 - one argument an option
    source: SourceArgument,
    *,
    layout: LayoutOption,
    out: RootOption,
    split: SplitOption = Split.TESTING,
    exclusions: ExclusionsOption = None,
    labels: LabelsOption = None,
    tumour_value: TumourValueOption = None,
    changelog: ChangelogOption = "",
) -> None:
    """Build a version and print its name; contradictions within it go to standard error."""
    from functools import partial

    from ground_truth.versions import build_camelyon16, build_camelyon17, build_table

    builders: dict[Layout, Callable[..., str]] = {
        Layout.CAMELYON16: partial(build_camelyon16, split=split.value),
        Layout.CAMELYON17: build_camelyon17,
        Layout.TABLE: build_table,
    }
    reading = _reading(labels, tumour_value)
    with plain_errors(), _progress_bar() as progress:
        version = builders[layout](
            source,
            out,
            exclusions=exclusions,
            changelog=changelog,
            reading=reading,
            progress=progress,
        )
    _warn_of_contradictions(out / version)
    typer.echo(version)


@app.command()
def show(
    folder: VersionFolder,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a version holds, slides and exclusions included."""
    from ground_truth.versions import exclusions_of, label_exclusions_of, load_truth

    with plain_errors():
        truth = load_truth(folder)
    summary = _summary(truth)
    if as_json:
        typer.echo(json.dumps(summary, sort_keys=True))
        return
    counts = {name: value for name, value in summary.items() if name != "per_slide"}
    for name, value in counts.items():
        typer.echo(f"{name}: {_value_text(value)}")
    for exclusion in exclusions_of(truth):
        typer.echo(f"excluded: {exclusion.slide} from {exclusion.kind}: {exclusion.reason}")
    for exclusion in label_exclusions_of(truth):
        typer.echo(
            f"excluded by label, not public: {exclusion.slide} from {exclusion.kind}:"
            f" {exclusion.reason}"
        )


@app.command()
def cases(folder: VersionFolder) -> None:
    """Print the public case list as JSON."""
    from ground_truth.versions import case_list, load_truth

    with plain_errors():
        listed = case_list(load_truth(folder))
    typer.echo(json.dumps(listed.to_json(), sort_keys=True, ensure_ascii=False))


@app.command()
def verify(folder: VersionFolder) -> None:
    """Check every byte of a version against its manifest, and its files against each other."""
    from ground_truth.errors import TruthError
    from ground_truth.versions import check_version

    with plain_errors():
        if problems := check_version(folder):
            raise TruthError(problems)
    typer.echo(f"{folder.resolve().name} is intact")


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="The older version's folder.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The newer version's folder.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell what differs between two versions: slides, lesions, stages, parameters, exclusions."""
    from ground_truth.versions import difference, difference_lines, load_truth

    with plain_errors():
        found = difference(load_truth(before), load_truth(after))
    if as_json:
        typer.echo(json.dumps(found.to_json(), sort_keys=True, ensure_ascii=False))
        return
    for line in difference_lines(found):
        typer.echo(line)


@app.command()
def export(
    folder: VersionFolder,
    *,
    form: Annotated[Literal["asap", "geojson"], typer.Option("--as", help="For ASAP or QuPath.")],
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    slide: Annotated[list[str] | None, typer.Option(help="Only this slide; repeatable.")] = None,
) -> None:
    """Write lesions and stored outlines, a file a slide, for ASAP or QuPath."""
    from ground_truth.versions import ShapeFormat, export_version

    with plain_errors():
        written = export_version(folder, out, ShapeFormat(form), slide or ())
    typer.echo(f"{len(written)} files in {out}")


@contextmanager
def _progress_bar() -> Iterator["Progress"]:
    """Yield a function that moves a bar on standard error, when that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("slides", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _reading(labels: str | None, tumour_value: int | None) -> "Reading":
    from ground_truth.annotations import CAMELYON_ROLES, parse_roles
    from ground_truth.versions import Reading

    try:
        roles = CAMELYON_ROLES if labels is None else parse_roles(labels)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--labels") from error
    return Reading(roles, tumour_value)


def _warn_of_contradictions(folder: Path) -> None:
    """List on standard error the slides whose category is not that of their largest lesion."""
    from ground_truth.lesions import contradictions
    from ground_truth.versions import load_truth

    for line in contradictions(load_truth(folder)):
        typer.echo(f"contradiction: {line}", err=True)


def _summary(truth: "GroundTruth") -> dict[str, object]:
    from ground_truth.types import Kind

    per_slide = {
        slide.slide: {
            "lesions": len(slide.mask.lesion_labels),
            "itc_regions": int(slide.mask.is_itc_sized.sum()),
        }
        for slide in truth.slides_for(Kind.LESIONS)
        if slide.mask is not None
    }
    return {
        "version": truth.version,
        "layout": truth.layout,
        "slides": len(truth.slides),
        "used": {kind.value: len(truth.slides_for(kind)) for kind in (Kind.LESIONS, Kind.SLIDES)},
        "lesions": sum(counts["lesions"] for counts in per_slide.values()),
        "itc_regions": sum(counts["itc_regions"] for counts in per_slide.values()),
        "patients": len(truth.patients),
        "per_slide": per_slide,
    }


def _value_text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} for {name}" for name, count in value.items())
    return str(value)
