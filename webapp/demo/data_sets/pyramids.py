"""Paints a scene into a tiled pyramidal TIFF that any slide reader opens."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from webapp.demo.data_sets.scenes import Scene
from webapp.demo.data_sets.shapes import Blob, depth
from webapp.demo.data_sets.stains import Compartment
from webapp.demo.data_sets.textures import PackedPixels, Pixels, channels

TILE_PX = 256
N_LEVELS = 5

_GRID_PX = 64
"""Fields are computed at every 64th level-0 pixel and interpolated: shapes are smooth."""

_CAPSULE_PX = 170.0
"""Width of the pale rim round a node: about 40 um."""

_JPEG_QUALITY = 60
_UM_PER_CM = 10_000.0

Field = NDArray[np.float32]
Textures = tuple[tuple[PackedPixels, ...], ...]


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Depth fields of one scene on the coarse grid, (rows, columns), and tiles already encoded."""

    tissue: Field
    follicle: Field
    tumour: Field
    encoded: dict[tuple[int, int, int, int], bytes] = field(default_factory=dict)


def write_pyramid(path: Path, scene: Scene, textures: Textures) -> None:
    """Write one slide with `N_LEVELS` levels, each half as wide as the one before.

    Memory stays at a few tiles whatever the size of the slide.
    """
    canvas = _prepare(scene)
    pixels_per_cm = _UM_PER_CM / scene.spacing_um
    with tifffile.TiffWriter(path) as file:
        for level in range(N_LEVELS):
            rows, columns = scene.height >> level, scene.width >> level
            file.write(
                _tiles(canvas, textures[level], level, (rows, columns)),
                shape=(rows, columns, 3),
                dtype=np.uint8,
                tile=(TILE_PX, TILE_PX),
                photometric="ycbcr",
                subsampling=(2, 2),
                compression="jpeg",
                resolution=(pixels_per_cm / 2**level, pixels_per_cm / 2**level),
                resolutionunit="CENTIMETER",
                subfiletype=1 if level else 0,
                software=False,
                metadata=None,
            )


def _prepare(scene: Scene) -> _Canvas:
    x = np.arange(0, scene.width + 2 * _GRID_PX, _GRID_PX, dtype=np.float64)[None, :]
    y = np.arange(0, scene.height + 2 * _GRID_PX, _GRID_PX, dtype=np.float64)[:, None]
    lesions = _union_depth([lesion.blob for lesion in scene.lesions], x, y)
    cut_outs = _union_depth([cut_out.blob for cut_out in scene.cut_outs], x, y)
    return _Canvas(
        tissue=_union_depth(list(scene.tissue), x, y),
        follicle=_union_depth(list(scene.follicles), x, y),
        tumour=np.minimum(lesions, -cut_outs),
    )


def _union_depth(blobs: list[Blob], x: NDArray[np.float64], y: NDArray[np.float64]) -> Field:
    """Return the depth in a union of blobs, in level-0 pixels; without blobs it is -10,000."""
    total = np.full((y.size, x.size), -1e4, dtype=np.float32)
    for blob in blobs:
        np.maximum(total, depth(blob, x, y), out=total, casting="same_kind")
    return total


def _tiles(
    canvas: _Canvas, pictures: tuple[PackedPixels, ...], level: int, shape: tuple[int, int]
) -> Iterator[bytes]:
    """Yield the encoded tiles of a level in row-major order.

    A tile of one compartment only is painted once for each place in the texture's period.
    """
    period = len(pictures[0])
    for row in range(0, shape[0], TILE_PX):
        for column in range(0, shape[1], TILE_PX):
            compartments = _compartments(canvas, level, row, column)
            if isinstance(compartments, Compartment):
                key = (level, compartments, row % period, column % period)
                if key not in canvas.encoded:
                    canvas.encoded[key] = _encode(_crop(pictures[compartments], row, column))
                yield canvas.encoded[key]
            else:
                yield _encode(_paint(compartments, pictures, row, column))


def _compartments(canvas: _Canvas, level: int, row: int, column: int) -> Compartment | Pixels:
    """Return the compartment of each pixel of a tile, or the one that all pixels have in common.

    Interpolated values lie between those of the grid nodes around a tile, so most tiles need no
    interpolation.
    """
    last_row, last_column = np.array(canvas.tissue.shape) - 1
    y, x = _grid_places(row, level, last_row), _grid_places(column, level, last_column)
    window = slice(int(y[0]), int(y[-1]) + 2), slice(int(x[0]), int(x[-1]) + 2)
    tissue, follicle, tumour = (
        whole[window] for whole in (canvas.tissue, canvas.follicle, canvas.tumour)
    )
    if tissue.max() <= 0.0:
        return Compartment.GLASS
    if tissue.min() > 0.0 and tumour.min() > 0.0:
        return Compartment.TUMOUR
    if tissue.min() > _CAPSULE_PX and max(follicle.max(), tumour.max()) <= 0.0:
        return Compartment.LYMPHOCYTES
    deep = _interpolate(canvas.tissue, y, x)
    found = (deep > 0.0).astype(np.uint8)
    found[deep > _CAPSULE_PX] = Compartment.LYMPHOCYTES
    if follicle.max() > 0.0:
        found[(_interpolate(canvas.follicle, y, x) > 0.0) & (deep > _CAPSULE_PX)] = (
            Compartment.FOLLICLE
        )
    if tumour.max() > 0.0:
        found[(_interpolate(canvas.tumour, y, x) > 0.0) & (deep > 0.0)] = Compartment.TUMOUR
    return found


def _grid_places(start: int, level: int, last: int) -> Field:
    """Return a tile's pixel centres in units of grid nodes, clipped to the slide."""
    centre = (start + np.arange(TILE_PX) + 0.5) * 2**level / _GRID_PX
    places: Field = np.clip(centre, 0.0, last - 0.001).astype(np.float32)
    return places


def _interpolate(grid: Field, y: Field, x: Field) -> Field:
    """Interpolate linearly, columns first; by sums, as a matrix product would use all threads."""
    left, top = x.astype(np.int64), y.astype(np.int64)
    right_share, lower_share = x - np.floor(x), (y - np.floor(y))[:, None]
    wide = grid[:, left] * (1 - right_share) + grid[:, left + 1] * right_share
    upper = wide[top]
    blended: Field = upper + (wide[top + 1] - upper) * lower_share
    return blended


def _paint(
    compartments: Pixels, pictures: tuple[PackedPixels, ...], row: int, column: int
) -> PackedPixels:
    tile = _crop(pictures[Compartment.GLASS], row, column).copy()
    for compartment in list(Compartment)[1:]:
        mask = compartments == compartment
        if mask.any():
            np.copyto(tile, _crop(pictures[compartment], row, column), where=mask)
    return tile


def _crop(picture: PackedPixels, row: int, column: int) -> PackedPixels:
    top, left = row % len(picture), column % len(picture)
    return picture[top : top + TILE_PX, left : left + TILE_PX]


def _encode(tile: PackedPixels) -> bytes:
    return bytes(
        imagecodecs.jpeg8_encode(
            channels(tile),
            level=_JPEG_QUALITY,
            colorspace=imagecodecs.JPEG8.CS.EXT_RGBX,
            outcolorspace="YCbCr",
            subsampling="420",
        )
    )
