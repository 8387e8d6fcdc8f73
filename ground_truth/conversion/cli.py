"""Defines `camelyon truth mask`: writes ASAP's pyramidal masks from annotation files."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ground_truth.errors import Problem, TruthError
from ground_truth.failures import plain_errors
from ground_truth.masks import Codec, Layout

if TYPE_CHECKING:
    from ground_truth.conversion.making import MaskOrder, MaskOutcome
    from ground_truth.conversion.sizes import MaskSize
    from ground_truth.raster import Recipe

N_PROCESSORS = os.cpu_count() or 1
_LABEL = re.compile(r"(.+)=(-?[0-9]{1,9})")


SourceArgument = Annotated[
    Path, typer.Argument(help="An ASAP XML file, a folder of them or a zip.", exists=True)
]
OutArgument = Annotated[
    Path, typer.Argument(help="The mask; for many, their folder. What is there is replaced.")
]
SizeOption = Annotated[
    tuple[int, int] | None, typer.Option(metavar="W H", help="Level-0 size in pixels.")
]
SlideOption = Annotated[
    Path | None,
    typer.Option(exists=True, help="Size and spacing: an image, a folder of them, a CSV."),
]
SpacingOption = Annotated[
    float | None, typer.Option(metavar="UM", min=1e-3, max=1e3, help="um per level-0 pixel.")
]
LabelsOption = Annotated[
    str, typer.Option(metavar="'_0=1,_1=1,_2=0'", help="Label of each group; else all are 1.")
]
OrderOption = Annotated[
    str, typer.Option(metavar="'_0,_1,_2'", help="Paint in this order; else the largest wins.")
]
AsapOption = Annotated[
    bool, typer.Option("--asap", help="Read as leniently as ASAP, silent outcomes included.")
]
CodecOption = Annotated[Codec, typer.Option(help="Compression of the tiles.")]
DenseOption = Annotated[bool, typer.Option("--dense", help="Give empty tiles an address too.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes.")]


def mask(  # noqa: PLR0913 - one argument an option
    source: SourceArgument,
    out: OutArgument,
    *,
    size: SizeOption = None,
    slide: SlideOption = None,
    spacing: SpacingOption = None,
    labels: LabelsOption = "",
    order: OrderOption = "",
    asap: AsapOption = False,
    codec: CodecOption = Codec.DEFLATE,
    dense: DenseOption = False,
    workers: WorkersOption = N_PROCESSORS,
) -> None:
    """Write masks with ASAP's pixels, levels and sizes; tiles of zeros are left out."""
    from ground_truth.conversion.making import MaskStyle, make_masks

    if (size is None) == (slide is None):
        raise typer.BadParameter("give either --size or --slide")
    if out.is_file() and any(each and out.samefile(each) for each in (source, slide)):
        raise typer.BadParameter("it is what the mask is made from", param_hint="OUT")
    style = MaskStyle(_recipe(labels, order, is_lenient=asap), Layout(codec, dense), asap)
    sizes = _Sizes(size, slide, spacing)
    with plain_errors():
        orders, problems = _orders(source, out, sizes)
    with _progress_bar(len(orders)) as advance:
        for outcome in make_masks(orders, style, workers):
            problems += outcome.problems
            advance(outcome)
    for problem in problems:
        typer.echo(str(problem), err=True)
    if problems:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Where sizes and spacings come from: one for all, or an image, a folder or a table."""

    size: tuple[int, int] | None
    slide: Path | None
    spacing_um: float | None


def _recipe(labels: str, order: str, *, is_lenient: bool) -> "Recipe":
    """Read the options; names are taken literally, blanks included."""
    from ground_truth.raster import Recipe, recipe_problems

    pairs = {}
    for part in labels.split(",") if labels else []:
        found = _LABEL.fullmatch(part)
        if not found or found[1] in pairs:
            raise typer.BadParameter(f"--labels: {part!r} is not NAME=NUMBER, each name once")
        pairs[found[1]] = int(found[2])
    recipe = Recipe(pairs, tuple(order.split(",")) if order else ())
    if not is_lenient and (problems := recipe_problems(recipe)):
        raise typer.BadParameter("; ".join(problems))
    return recipe


def _orders(source: Path, out: Path, sizes: _Sizes) -> tuple[list["MaskOrder"], list[Problem]]:
    """Return the masks to make, and a problem for each that cannot be made."""
    from ground_truth.conversion.making import MaskOrder
    from ground_truth.conversion.sources import annotation_files

    files, are_many = annotation_files(source)
    if not files:
        raise TruthError.single(str(source), "holds no XML file")
    (out if are_many else out.parent).mkdir(parents=True, exist_ok=True)
    orders: list[MaskOrder] = []
    problems: list[Problem] = []
    known = _known_sizes(sizes, [file.slide for file in files], problems)
    for file in files:
        path = out / f"{file.slide}_mask.tif" if are_many else out
        found = known.get(file.slide) or (known.get("") if not are_many else None)
        if sizes.size:
            orders.append(MaskOrder(file, path, *sizes.size, sizes.spacing_um))
        elif found:
            spacing_um = sizes.spacing_um or found.spacing_um
            orders.append(MaskOrder(file, path, found.width, found.height, spacing_um))
        elif file.slide not in known:
            problems.append(Problem(file.name, None, f"no size is known for {file.slide}"))
    return orders, problems


def _known_sizes(
    sizes: _Sizes, wanted: Iterable[str], problems: list[Problem]
) -> dict[str, "MaskSize | None"]:
    """Return sizes by slide, None for an image that cannot be measured, which is a problem.

    A single image is listed under the empty name too, for an annotation file of any name.
    """
    from ground_truth.conversion.sizes import size_of_image, sizes_in_folder, sizes_in_table

    slide = sizes.slide
    if slide is None:
        return {}
    if slide.is_dir():
        return sizes_in_folder(slide, wanted, sizes.spacing_um, problems)
    if slide.suffix.casefold() == ".csv":
        return sizes_in_table(slide)
    size = size_of_image(slide, sizes.spacing_um)
    return {slide.stem.casefold(): size, "": size}


@contextmanager
def _progress_bar(count: int) -> Iterator[Callable[["MaskOutcome"], None]]:
    """Yield a function that moves a bar on standard error, when that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("masks", total=count)

        def advance(outcome: "MaskOutcome") -> None:
            bar.advance(task)
            if outcome.notice:
                console.print(outcome.notice, markup=False, highlight=False, soft_wrap=True)

        yield advance
