"""Writes the mask of a file's annotations: painted, filled and stored level by level."""

from pathlib import Path

from ground_truth.annotations import AnnotationList
from ground_truth.masks.layout import Layout
from ground_truth.masks.pyramid import write_pyramid
from ground_truth.masks.tile_file import level_sizes
from ground_truth.raster import Recipe, fill_outlines, painting_of

DEFAULT_LAYOUT = Layout()


def write_annotation_mask(
    out: Path,
    annotations: AnnotationList,
    recipe: Recipe,
    size: tuple[int, int],
    spacing_um: tuple[float, float] | None = None,
    layout: Layout = DEFAULT_LAYOUT,
) -> None:
    """Write a pyramidal 8-bit mask, every pixel as ASAP's; it appears whole or not at all.

    Parameters
    ----------
    annotations : AnnotationList
        Outlines in level-0 (x, y).
    recipe : Recipe
        Labels of groups, or of names where the list declares no group, and their order.
    size : (int, int)
        Width and height in level-0 pixels.
    spacing_um : (float, float), optional
        Micrometres per level-0 pixel in x and in y.

    Raises
    ------
    ValueError
        When the size has no pixel, or is so low that ASAP would crash.
    OSError
        When the file cannot be written.
    """
    level_sizes(*size)
    painting = painting_of(annotations, recipe)
    runs = fill_outlines(painting.outlines, painting.strokes, 0, *size)
    x_um, y_um = spacing_um or (None, None)
    write_pyramid(out, runs, size, x_um, layout, spacing_y_um=y_um)
