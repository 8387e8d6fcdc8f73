"""Digests of mask rasters, whole or by strips of 512 rows, as the oracles give them."""

import hashlib

import numpy as np
import tifffile
from numpy.typing import NDArray


def sha256(raster: NDArray[np.uint8]) -> str:
    return hashlib.sha256(np.ascontiguousarray(raster).tobytes()).hexdigest()


def strip_digest(strips: list[tuple[int, NDArray[np.uint8]]]) -> str:
    """Return the sha256 over all non-zero 512 x 512 tiles of 512-row strips, by tile row."""
    digest = hashlib.sha256()
    for tile_row, strip in strips:
        for column in np.flatnonzero(strip.reshape(512, -1, 512).any(axis=(0, 2))).tolist():
            digest.update(f"{tile_row},{column};".encode())
            digest.update(strip[:, column * 512 : (column + 1) * 512].tobytes())
    return digest.hexdigest()


def tiff_strips(tiff: tifffile.TiffFile, index: int) -> list[tuple[int, NDArray[np.uint8]]]:
    """Return the tiles of a level that hold more than zeros, painted into their strips."""
    page = tiff.pages[index].aspage()
    across = -(-page.imagewidth // 512)
    strips: dict[int, NDArray[np.uint8]] = {}
    # Dense masks refer to one tile of zeros many times.
    places_of_zeros = set()
    for number in np.flatnonzero(page.databytecounts).tolist():
        place = page.dataoffsets[number]
        if place in places_of_zeros:
            continue
        tiff.filehandle.seek(place)
        data = tiff.filehandle.read(page.databytecounts[number])
        tile, _, _ = page.decode(data, number)
        if not np.asarray(tile).any():
            places_of_zeros.add(place)
            continue
        row, column = divmod(number, across)
        strip = strips.setdefault(row, np.zeros((512, across * 512), dtype=np.uint8))
        strip[:, column * 512 : (column + 1) * 512] = np.asarray(tile).reshape(512, 512)
    return sorted(strips.items(), key=lambda item: item[0])
