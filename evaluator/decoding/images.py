"""Reads untrusted PNG and TIFF bytes into arrays; runs only in the confined decoder.

Shape, type and compression are read from the headers and checked against limits before any pixel
is decoded.
"""

import struct
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from evaluator.decoding.tiff_directories import check_directories
from evaluator.errors import Problem, ProblemCode, SubmissionError

MOST_PIXELS = 64 * 2**20
LONGEST_SIDE = 32_768
MOST_SEGMENTS = 131_072
"""Strips or tiles; 64 Mpx in tiles of 32 x 32 are half of it."""

ACCEPTED_FILES_TEXT = (
    "save one channel of confidences as PNG (8 or 16 bit gray), TIFF (uint8, uint16 or float32; "
    "none, LZW, Deflate or Zstandard), NPY or NPZ"
)

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD_BYTES = 33
_PNG_GRAY, _PNG_RGB, _PNG_PALETTE, _PNG_GRAY_ALPHA, _PNG_RGBA = 0, 2, 3, 4, 6
_PNG_DEPTHS = (8, 16)

# Values of TIFF tags: TIFF 6.0 and Adobe's and libtiff's registrations.
_LOSSLESS = {1, 5, 8, 32946, 34926, 50000}
_LOSSY = {6, 7, 34892, 33003, 33005, 34712, 50001, 50002, 34933, 34934}
_MIN_IS_WHITE, _MIN_IS_BLACK, _PALETTE = 0, 1, 3
_AXES = 2
_TIFF_TYPES = {"uint8", "uint16", "float32"}


def read_png(file: BinaryIO, name: str) -> NDArray[Any]:
    """Return the (rows, columns) uint8 or uint16 pixels of a gray PNG.

    Raises
    ------
    SubmissionError
        When it is no such PNG, or beyond the limits.
    """
    import imagecodecs

    file.seek(0)
    head = file.read(_PNG_HEAD_BYTES)
    if len(head) < _PNG_HEAD_BYTES or not head.startswith(_PNG_MAGIC) or head[12:16] != b"IHDR":
        raise refused(ProblemCode.BROKEN_IMAGE, "This is no PNG; write it anew.", name)
    columns, rows, depth, colour = struct.unpack_from(">IIBB", head, 16)
    check_shape((rows, columns), name)
    if colour in {_PNG_RGB, _PNG_PALETTE, _PNG_RGBA}:
        raise _coloured(name)
    if colour == _PNG_GRAY_ALPHA:
        raise _channels(2, name)
    if colour != _PNG_GRAY or depth not in _PNG_DEPTHS:
        detail = f"A PNG of {depth} bit(s) a pixel is not read: {ACCEPTED_FILES_TEXT}."
        raise refused(ProblemCode.UNSUPPORTED_TYPE, detail, name)
    file.seek(0)
    return np.asarray(imagecodecs.png_decode(file.read()))


def read_tiff(file: BinaryIO, name: str) -> NDArray[Any]:
    """Return the (rows, columns) uint8, uint16 or float32 pixels of a TIFF's first image.

    Raises
    ------
    SubmissionError
        When it is no such TIFF, or beyond the limits.
    """
    import tifffile

    check_directories(file, name)
    file.seek(0)
    with tifffile.TiffFile(file, name="heatmap.tif") as tiff:
        page = tiff.pages[0]
        if not isinstance(page, tifffile.TiffPage):
            raise refused(ProblemCode.BROKEN_IMAGE, "The TIFF holds no image.", name)
        _check_page(page, name)
        return np.asarray(page.asarray(maxworkers=1))


def check_shape(shape: tuple[int, ...], name: str) -> None:
    """Check an array's shape against the limits.

    Raises
    ------
    SubmissionError
        When it has no pixel, too many, or not two axes.
    """
    if len(shape) > _AXES:
        raise _channels(len(shape), name)
    if len(shape) < _AXES:
        detail = f"The array has {len(shape)} axis; a heatmap has two, row and column."
        raise refused(ProblemCode.UNSUPPORTED_SHAPE, detail, name)
    rows, columns = shape
    if min(shape) < 1:
        raise refused(ProblemCode.UNSUPPORTED_SHAPE, "The heatmap has no pixel.", name)
    if max(shape) > LONGEST_SIDE or rows * columns > MOST_PIXELS:
        raise refused(
            ProblemCode.IMAGE_TOO_LARGE,
            f"{columns:,} x {rows:,} pixels; a heatmap may have {MOST_PIXELS // 2**20} x 2^20 "
            f"pixels and {LONGEST_SIDE:,} a side. Use a higher level.",
            name,
        )


def refused(code: ProblemCode, detail: str, name: str) -> SubmissionError:
    """Return the error of one fault."""
    return SubmissionError([Problem(code, detail, name)])


def _check_page(page: Any, name: str) -> None:
    _check_meaning(page, name)
    compression = int(page.compression)
    if compression not in _LOSSLESS:
        detail = f"Compression {compression} is not read: {ACCEPTED_FILES_TEXT}."
        raise refused(ProblemCode.UNSUPPORTED_IMAGE, detail, name)
    if str(page.dtype) not in _TIFF_TYPES:
        detail = f"Pixels of type {page.dtype} are not read: {ACCEPTED_FILES_TEXT}."
        raise refused(ProblemCode.UNSUPPORTED_TYPE, detail, name)
    if page.imagedepth != 1:
        raise _channels(int(page.imagedepth), name)
    check_shape((int(page.imagelength), int(page.imagewidth)), name)
    _check_segments(page, name)


def _check_meaning(page: Any, name: str) -> None:
    """Refuse what is a picture rather than one channel of confidences."""
    photometric = int(page.photometric)
    if int(page.compression) in _LOSSY:
        detail = f"Lossy compression changes confidences: {ACCEPTED_FILES_TEXT}."
        raise refused(ProblemCode.LOSSY_COMPRESSION, detail, name)
    if photometric == _PALETTE or page.colormap is not None:
        raise _coloured(name)
    if page.samplesperpixel != 1:
        raise _channels(int(page.samplesperpixel), name)
    if photometric == _MIN_IS_WHITE:
        detail = "In this TIFF 0 is white: write it with 0 as black (MinIsBlack)."
        raise refused(ProblemCode.UNSUPPORTED_IMAGE, detail, name)
    if photometric != _MIN_IS_BLACK:
        raise _coloured(name)


def _check_segments(page: Any, name: str) -> None:
    """Bound what one strip or tile unpacks to, and how many there are."""
    largest = int(np.prod([int(side) for side in page.chunks], dtype=object))
    if page.is_tiled and max(page.tilewidth, page.tilelength) > 2 * LONGEST_SIDE:
        largest = MOST_PIXELS + 1
    if largest > MOST_PIXELS or len(page.dataoffsets) > MOST_SEGMENTS:
        detail = "The strips or tiles of this TIFF are too large or too many; write it anew."
        raise refused(ProblemCode.IMAGE_TOO_LARGE, detail, name)


def _coloured(name: str) -> SubmissionError:
    detail = f"This is a coloured or colour-mapped picture, not confidences: {ACCEPTED_FILES_TEXT}."
    return refused(ProblemCode.COLOUR_IMAGE, detail, name)


def _channels(count: int, name: str) -> SubmissionError:
    detail = f"{count} channels or axes where there should be one channel: {ACCEPTED_FILES_TEXT}."
    return refused(ProblemCode.SEVERAL_CHANNELS, detail, name)
