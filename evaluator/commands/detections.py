"""Defines the command camelyon detections: turns one heatmap into a list of detections."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from evaluator.decoding import SlideAnswer
    from evaluator.forms import DecodeRequest, Form, GeometryJson

EXIT_FAILED = 1
EXIT_HAS_PROBLEMS = 3
MOST_DETECTIONS = 10_000
"""No phase takes more a slide."""
STANDARD_OUTPUT = "-"

Pair = tuple[float, float] | None

HeatmapArgument = Annotated[
    Path,
    typer.Argument(
        metavar="HEATMAP",
        help="PNG, TIFF, NPY, NPZ, CSV or GeoJSON.",
        exists=True,
        dir_okay=False,
    ),
]
SizeOption = Annotated[
    tuple[int, int],
    typer.Option("--size", metavar="W H", help="The slide's level-0 pixels.", min=1),
]
StrideOption = Annotated[
    Pair, typer.Option("--stride", metavar="X Y", help="Level-0 pixels a map pixel.")
]
OriginOption = Annotated[
    Pair, typer.Option("--origin", metavar="X Y", help="Level-0 place of the map's corner.")
]
AxesOption = Annotated[
    Literal["yx", "xy"] | None, typer.Option("--axes", help="Order of the array's axes.")
]
ScaleOption = Annotated[
    float | None, typer.Option("--scale-max", help="The value of confidence 1.")
]
PatchSizeOption = Annotated[
    float | None, typer.Option("--patch-size", help="A CSV is a grid of such patches.")
]
AnchorOption = Annotated[
    Literal["top_left", "centre"] | None,
    typer.Option("--anchor", help="What a patch's x, y are."),
]
MeasurementOption = Annotated[
    str | None, typer.Option("--measurement", help="GeoJSON's name of the confidence.")
]
ThresholdOption = Annotated[
    float, typer.Option("--threshold", help="Confidences above it are reported.", min=0, max=1)
]
RadiusOption = Annotated[float, typer.Option("--radius", help="Level-0 pixels.", min=1)]
SigmaOption = Annotated[float, typer.Option("--sigma", help="Level-0 pixels; 0 is off.", min=0)]
TiesOption = Annotated[
    Literal["interior", "first"], typer.Option("--ties", help="Which of equal values comes first.")
]
MostOption = Annotated[
    int,
    typer.Option("--max-detections", help="The strongest are kept.", min=1, max=MOST_DETECTIONS),
]
OutOption = Annotated[str, typer.Option("--out", metavar="FILE|-", help="Where to write.")]


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("detections")(detections)


def detections(  # noqa: PLR0913, PLR0917 - one argument an option
    heatmap: HeatmapArgument,
    size: SizeOption,
    stride: StrideOption = None,
    origin: OriginOption = None,
    axes: AxesOption = None,
    scale_max: ScaleOption = None,
    patch_size: PatchSizeOption = None,
    anchor: AnchorOption = None,
    measurement: MeasurementOption = None,
    threshold: ThresholdOption = 0.5,
    radius: RadiusOption = 768.0,
    sigma: SigmaOption = 0.0,
    ties: TiesOption = "interior",
    most: MostOption = 1000,
    out: OutOption = "-",
) -> None:
    """Turn one slide's heatmap into its detections, as scoring does."""
    from evaluator.forms import DecodeRequest, SlideSize
    from evaluator.results import Suppression, Ties

    stated = {"axes": axes, "scale_max": scale_max, "patch_size": patch_size, "anchor": anchor}
    stated |= zip(("stride_x", "stride_y"), stride or (None, None), strict=True)
    stated |= zip(("origin_x", "origin_y"), origin or (None, None), strict=True)
    request = DecodeRequest(
        form=_form(heatmap),
        file=heatmap.name,
        size=SlideSize(*size),
        most=most,
        suppression=Suppression(threshold, radius, sigma, Ties(ties)),
        told=_geometry(stated),
        measurement=measurement,
    )
    _report(_read(heatmap, request), heatmap, out)


def _geometry(stated: Mapping[str, float | str | None]) -> "GeometryJson":
    from evaluator.errors import Findings
    from evaluator.forms import checked_geometry

    findings = Findings()
    given = {name: value for name, value in stated.items() if value is not None}
    geometry = checked_geometry(given, "the options", findings)
    if findings.counts:
        raise typer.BadParameter("; ".join(problem.detail for problem in findings.problems))
    return geometry


def _form(heatmap: Path) -> "Form":
    from evaluator.forms import FORM_OF_SUFFIX, Form

    form = FORM_OF_SUFFIX.get(heatmap.suffix.lower())
    if form is None:
        raise typer.BadParameter(f"{heatmap.name}: one of {', '.join(FORM_OF_SUFFIX)} is read")
    return Form.PATCHES if form is Form.DETECTIONS else form


def _read(heatmap: Path, request: "DecodeRequest") -> "SlideAnswer":
    from evaluator.archives import MAX_UNPACKED_BYTES
    from evaluator.decoding import decoder
    from evaluator.forms import MAX_BYTES_OF_FORM

    limit = MAX_BYTES_OF_FORM.get(request.form, MAX_UNPACKED_BYTES)
    if heatmap.stat().st_size > limit:
        raise typer.BadParameter(f"{heatmap.name} is larger than {limit // 2**20} MiB")
    with decoder() as reader, heatmap.open("rb") as source:
        shutil.copyfileobj(source, reader.input)
        return reader.read(request)


def _report(answer: "SlideAnswer", heatmap: Path, out: str) -> None:
    from evaluator.errors import problems_to_json
    from evaluator.results import canonical_json

    if answer.counts:
        _write(canonical_json(problems_to_json(answer.problems, dict(answer.counts))), out)
        raise typer.Exit(EXIT_HAS_PROBLEMS)
    for warning in answer.warnings:
        typer.echo(f"{heatmap.name}: {warning.detail}", err=True)
    found = answer.detections
    if answer.n_found > found.confidence.size:
        kept = f"the strongest {found.confidence.size:,} of {answer.n_found:,} detections"
        typer.echo(f"{heatmap.name}: {kept} are written", err=True)
    columns = (found.confidence.tolist(), found.x.tolist(), found.y.tolist())
    rows = (
        f"{confidence!r},{x:.15g},{y:.15g}\n" for confidence, x, y in zip(*columns, strict=True)
    )
    _write("".join(rows), out)


def _write(text: str, file: str) -> None:
    if file == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"{file}: {error.strerror}", err=True)
        raise typer.Exit(EXIT_FAILED) from None
