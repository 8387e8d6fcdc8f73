"""Makes masks from annotation files, many at once: each is made whole or not at all."""

import multiprocessing
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from ground_truth.annotations import NO_GROUP, AnnotationList, read_annotation_list, read_leniently
from ground_truth.errors import Problem, TruthError
from ground_truth.masks import Layout, level_sizes, remove_abandoned, write_annotation_mask
from ground_truth.raster import Recipe, check_keys
from ground_truth.versions import AnnotationFile


@dataclass(frozen=True, slots=True)
class MaskOrder:
    """One mask to make: from which file, to which path, of what level-0 size and spacing."""

    source: AnnotationFile
    out: Path
    width: int
    height: int
    spacing_um: float | None


@dataclass(frozen=True, slots=True)
class MaskStyle:
    """How masks are made: labels and order, file layout; ``is_lenient`` reads as ASAP does."""

    recipe: Recipe
    layout: Layout
    is_lenient: bool = False


@dataclass(frozen=True, slots=True)
class MaskOutcome:
    """The outcome of one order: problems and no mask, or a mask and perhaps a notice."""

    order: MaskOrder
    problems: tuple[Problem, ...] = ()
    notice: str | None = None


def make_mask(order: MaskOrder, style: MaskStyle) -> MaskOutcome:
    """Make one mask; the outcome lists whatever is wrong with its sources."""
    name = order.source.name
    try:
        content = order.source.read()
        annotations = (
            read_annotation_list(content, name)
            if not style.is_lenient
            else read_leniently(content, name)
        )
        _write(order, style, annotations)
    except TruthError as error:
        return MaskOutcome(order, error.problems)
    except ValueError as error:
        return MaskOutcome(order, (Problem(name, None, str(error)),))
    except OSError as error:
        return MaskOutcome(
            order, (Problem(str(order.out), None, f"cannot be written: {error.strerror}"),)
        )
    return MaskOutcome(order, notice=_notice(name, annotations, style.recipe))


def make_masks(
    orders: Sequence[MaskOrder], style: MaskStyle, worker_count: int
) -> Generator[MaskOutcome, None, None]:
    """Make many masks in several processes; yield each outcome once its mask is made.

    Closing the iterator, as an interruption does, ends the work after the masks in progress.
    """
    if worker_count == 1 or len(orders) == 1:
        yield from (make_mask(order, style) for order in orders)
        return
    lost = []
    for order, outcome in _outcomes_from_pool(orders, style, worker_count):
        if outcome is None:
            lost.append(order)
        else:
            yield outcome
    # A killed process breaks its whole pool; one by one, only the file that caused it fails.
    for order in lost:
        for _, outcome in _outcomes_from_pool([order], style, 1):
            yield outcome or _outcome_of_killed(order)


def _outcomes_from_pool(
    orders: Sequence[MaskOrder], style: MaskStyle, worker_count: int
) -> Iterator[tuple[MaskOrder, MaskOutcome | None]]:
    """Make masks in a pool of processes; yield None for each that a killed process broke off."""
    context = multiprocessing.get_context("forkserver")
    # Loaded once, by the process that the others are forked from.
    context.set_forkserver_preload([__name__])
    pool = ProcessPoolExecutor(min(worker_count, len(orders)), context)
    waiting = {pool.submit(make_mask, order, style): order for order in orders}
    try:
        for done in as_completed(waiting):
            try:
                yield waiting[done], done.result()
            except BrokenProcessPool:
                yield waiting[done], None
    finally:
        # An interruption does not wait for masks that were not begun.
        pool.shutdown(cancel_futures=True)


def _outcome_of_killed(order: MaskOrder) -> MaskOutcome:
    remove_abandoned(order.out)
    message = "the process that made its mask was killed: is there enough memory?"
    return MaskOutcome(order, (Problem(order.source.name, None, message),))


def _write(order: MaskOrder, style: MaskStyle, annotations: AnnotationList) -> None:
    size = (order.width, order.height)
    level_sizes(*size)
    if not style.is_lenient:
        check_keys(annotations, style.recipe, order.source.name)
    spacing = None if order.spacing_um is None else (order.spacing_um, order.spacing_um)
    write_annotation_mask(order.out, annotations, style.recipe, size, spacing, style.layout)


def _notice(name: str, annotations: AnnotationList, recipe: Recipe) -> str | None:
    """Say how many annotations get no label because they are in no group."""
    if not recipe.labels or not annotations.has_groups:
        return None
    count = sum(annotation.group == NO_GROUP for annotation in annotations.items)
    return f"{name}: {count} annotations in no group are left out" if count else None
