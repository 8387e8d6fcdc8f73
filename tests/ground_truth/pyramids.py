"""Writes small slides and masks for tests: tiled pyramids with any codec, and what is in them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

Photometric = Literal["ycbcr", "rgb"]


def smooth_picture(width: int, height: int) -> Pixels:
    """Return (height, width, 3) pixels whose colours tell where they are from."""
    y, x = np.mgrid[0:height, 0:width]
    waves = np.sin(x / 17) + np.cos(y / 23), np.sin((x + 2 * y) / 41), np.cos((x - y) / 29)
    channels = (128 + 60 * waves[0], 128 + 120 * waves[1], 90 + 80 * waves[2])
    return np.stack(channels, axis=2).astype(np.uint8)


def write_pyramid(
    path: Path, width: int, height: int, *, level_count: int = 3, tile: int = 256
) -> list[Pixels]:
    """Write a lossless RGB pyramid, every level point-sampled, and return its levels."""
    base = smooth_picture(width, height)
    levels = [base[:: 2**level, :: 2**level] for level in range(level_count)]
    levels = [pixels[: height >> level, : width >> level] for level, pixels in enumerate(levels)]
    with tifffile.TiffWriter(path) as file:
        for level, pixels in enumerate(levels):
            file.write(
                pixels,
                tile=(tile, tile),
                photometric="rgb",
                compression="deflate",
                subfiletype=1 if level else 0,
                resolution=(40_000 / 2**level, 40_000 / 2**level),
                resolutionunit="CENTIMETER",
                metadata=None,
            )
    return levels


def write_jpeg_pyramid(
    path: Path, width: int, height: int, *, photometric: Photometric = "ycbcr", tile: int = 256
) -> list[Pixels]:
    """Write a pyramid of JPEG tiles as scanners do, with tables apart; return its levels."""
    base = smooth_picture(width, height)
    levels = [base, base[::2, ::2][: height // 2, : width // 2]]
    tables, _ = _split(_jpeg(np.zeros((16, 16, 3), dtype=np.uint8), photometric))
    with tifffile.TiffWriter(path) as file:
        for level, pixels in enumerate(levels):
            file.write(
                _tiles(pixels, tile, photometric),
                shape=pixels.shape,
                dtype=np.uint8,
                tile=(tile, tile),
                photometric=photometric,
                subsampling=(2, 2) if photometric == "ycbcr" else None,
                compression="jpeg",
                compressionargs={"outcolorspace": "YCbCr" if photometric == "ycbcr" else "RGB"},
                jpegtables=tables,
                subfiletype=1 if level else 0,
                resolution=(40_000 / 2**level, 40_000 / 2**level),
                resolutionunit="CENTIMETER",
                metadata=None,
            )
    return levels


def write_aperio(path: Path, *levels: Pixels, mpp: str) -> None:
    """Write a file that OpenSlide takes for Aperio's, whose description gives the spacing."""
    with tifffile.TiffWriter(path) as file:
        for pixels in levels or (smooth_picture(300, 200),):
            file.write(
                pixels,
                tile=(256, 256),
                photometric="rgb",
                compression="deflate",
                description=f"Aperio Image Library v1\n|MPP = {mpp}",
                metadata=None,
            )


def write_mask(path: Path, labels: NDArray[Any], **options: Any) -> Path:
    """Write a mask of one level, by default in tiles of 512 pixels."""
    layout: dict[str, Any] = {"tile": (512, 512), "compression": "deflate"}
    tifffile.imwrite(path, labels, photometric="minisblack", metadata=None, **(layout | options))
    return path


def write_mask_pyramid(path: Path, labels: Pixels, *, level_count: int) -> Path:
    """Write a mask with point-sampled levels, each floor(size / 2^level) pixels large."""
    height, width = labels.shape
    with tifffile.TiffWriter(path) as file:
        for level in range(level_count):
            sampled = labels[:: 2**level, :: 2**level]
            file.write(
                sampled[: height >> level, : width >> level],
                tile=(512, 512),
                photometric="minisblack",
                compression="lzw",
                subfiletype=1 if level else 0,
                metadata=None,
            )
    return path


def set_byte_counts(path: Path, counts: dict[int, int], *, page: int = 0) -> None:
    """Change the stated bytes of a page's tiles, by index; 0 leaves a tile out."""
    with tifffile.TiffFile(path, mode="r+") as file:
        found = file.pages[page]
        assert isinstance(found, tifffile.TiffPage)
        tag = found.tags["TileByteCounts"]
        tag.overwrite([counts.get(index, count) for index, count in enumerate(tag.value)])


def spoil_tile(path: Path, page: int) -> None:
    """Overwrite the beginning of a page's first tile with zeros."""
    with tifffile.TiffFile(path) as file:
        offset = file.pages[page].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[offset : offset + 200] = bytes(200)
    path.write_bytes(bytes(content))


def _tiles(pixels: Pixels, tile: int, photometric: Photometric) -> Iterator[bytes]:
    height, width = pixels.shape[:2]
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            part = pixels[top : top + tile, left : left + tile]
            padding = ((0, tile - part.shape[0]), (0, tile - part.shape[1]), (0, 0))
            _, stream = _split(_jpeg(np.pad(part, padding, mode="edge"), photometric))
            yield stream


def _jpeg(pixels: Pixels, photometric: Photometric) -> bytes:
    is_ycbcr = photometric == "ycbcr"
    return bytes(
        imagecodecs.jpeg8_encode(
            pixels,
            level=85,
            colorspace="RGB",
            outcolorspace="YCbCr" if is_ycbcr else "RGB",
            subsampling="420" if is_ycbcr else "444",
        )
    )


def _split(jpeg: bytes) -> tuple[bytes, bytes]:
    """Return tables alone, and the stream without tables or words on colour."""
    tables, rest, place = [], [], 2
    while jpeg[place + 1] != 0xDA:
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        code = jpeg[place + 1]
        if code in {0xDB, 0xC4}:
            tables.append(jpeg[place:end])
        elif code not in {0xE0, 0xEE}:
            rest.append(jpeg[place:end])
        place = end
    whole_tables = b"".join((b"\xff\xd8", *tables, b"\xff\xd9"))
    return whole_tables, b"".join((b"\xff\xd8", *rest, jpeg[place:]))
