"""Reads mask images, one label a level-0 pixel, sampled at the evaluation level.

Where the file has a level of the right size that was point-sampled from level 0, that level is
read; otherwise level 0 is read tile by tile, keeping every 32nd row and column.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ground_truth.errors import TruthError
from ground_truth.lesions.regions import LARGEST_SPAN_PX5
from ground_truth.types import EVALUATION_LEVEL

_PIECE_LIMIT_BYTES = 2**28
"""Decoded bytes of one tile or strip: 256 times those of a 1024 x 1024 tile of 8 bits."""

_STEP = 2**EVALUATION_LEVEL
_DIGEST_PIECE_BYTES = 2**20

Labels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class MaskImage:
    """A mask's labels at the evaluation level.

    Attributes
    ----------
    labels : (height // 32, width // 32) uint8 or uint16
        Pixel (column, row) is level-0 pixel (32 * column, 32 * row).
    width, height : int
        Level-0 pixels.
    """

    labels: Labels
    width: int
    height: int

    @property
    def values(self) -> list[int]:
        """The labels that occur, rising."""
        return [int(value) for value in np.unique(self.labels)]


def read_mask(path: Path) -> MaskImage:
    """Read a tiled or stripped TIFF of one unsigned 8- or 16-bit sample a pixel.

    Memory holds no more than the level-5 raster and one tile.

    Raises
    ------
    TruthError
        When the file is no such image, or damaged.
    """
    try:
        with tifffile.TiffFile(path) as file:
            return _mask_of(file, path.name)
    except TruthError:
        raise
    except Exception as error:  # a decoder may raise anything for damaged bytes
        raise TruthError.single(path.name, f"not a readable TIFF mask: {error}") from error


def sha256_of_file(path: Path) -> str:
    """Return the hexadecimal sha256 of a file of any size.

    Raises
    ------
    TruthError
        When it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_DIGEST_PIECE_BYTES):
                digest.update(piece)
    except OSError as error:
        raise TruthError.single(path.name, f"cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _mask_of(file: tifffile.TiffFile, name: str) -> MaskImage:
    base: Any = file.pages[0]  # tifffile's pages share no typed interface
    _check_form(base, name)
    width, height = int(base.imagewidth), int(base.imagelength)
    rows, columns = height // _STEP, width // _STEP
    if rows * columns > LARGEST_SPAN_PX5:
        raise TruthError.single(name, f"is {width} x {height} pixels: no slide is that large")
    labels: Labels = np.zeros((rows, columns), dtype=base.dtype)
    level = _level_of_size(file, base, columns, rows)
    page, step = (base, _STEP) if level is None else (level, 1)
    for row, column, pixels in _pieces(page, step, name):
        kept = pixels[: max(0, rows - row), : max(0, columns - column)]
        labels[row : row + kept.shape[0], column : column + kept.shape[1]] = kept
    return MaskImage(labels, width, height)


def _check_form(page: Any, name: str) -> None:
    if page.samplesperpixel != 1 or page.dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)}:
        raise TruthError.single(
            name, "is not a mask: masks have one sample of 8 or 16 bits without sign a pixel"
        )
    if _piece_bytes(page) > _PIECE_LIMIT_BYTES:
        height, width = page.chunks[:2]
        raise TruthError.single(
            name, f"is stored in pieces of {width} x {height} pixels; rewrite it in tiles"
        )


def _piece_bytes(page: Any) -> int:
    height, width = page.chunks[:2]
    return int(height * width * page.dtype.itemsize)


def _level_of_size(file: tifffile.TiffFile, base: Any, columns: int, rows: int) -> Any:
    """Return the page that is the evaluation level, floor or ceiling of size / 32, or None."""
    pages: list[Any] = [*file.pages[1:], *(base.pages or ())]
    for page in pages:
        fits = page.imagewidth - columns in {0, 1} and page.imagelength - rows in {0, 1}
        is_alike = page.samplesperpixel == 1 and page.dtype == base.dtype
        if fits and is_alike and _piece_bytes(page) <= _PIECE_LIMIT_BYTES:
            return page
    return None


def _pieces(page: Any, step: int, name: str) -> Iterator[tuple[int, int, Labels]]:
    """Yield (row, column) and pixels of each stored piece, after taking every step-th pixel."""
    handle, tables = page.parent.filehandle, page.jpegtables
    piece_rows = page.chunks[0]
    across = -(-page.imagewidth // page.chunks[1])
    for index, (offset, count) in enumerate(
        zip(page.dataoffsets, page.databytecounts, strict=True)
    ):
        # Pieces that were never written hold zeros; pieces without a sampled row are not needed.
        is_needed = -(index // across * piece_rows) % step < piece_rows
        if not count or not is_needed:
            continue
        if count > _PIECE_LIMIT_BYTES:
            raise TruthError.single(name, "has a tile or strip of more than 256 MB")
        handle.seek(offset)
        pixels, place, shape = page.decode(handle.read(count), index, jpegtables=tables)
        row, column = place[2], place[3]
        whole = pixels[0, : shape[1], : shape[2], 0]
        kept = whole[-row % step :: step, -column % step :: step]
        yield -(-row // step), -(-column // step), kept
