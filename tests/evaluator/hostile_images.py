"""Makes hostile and unfit heatmaps by name, each with the code that must refuse it.

Every file is for a slide of 1600 x 3200 level-0 pixels, whose map at level 6 is 25 x 50.
"""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

Maker = Callable[[], bytes]
COLUMNS, ROWS = 25, 50
GOOD = (np.arange(ROWS * COLUMNS, dtype=np.uint32) % 251).astype(np.uint8).reshape(ROWS, COLUMNS)

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)
PICKLE = b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93."


def png(values: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.png_encode(values))


def png_header(columns: int, rows: int, depth: int, colour: int, body: bytes = b"") -> bytes:
    """Return a PNG with any values in its header."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(body)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def tiff(values: NDArray[Any], **options: Any) -> bytes:
    target = io.BytesIO()
    tifffile.imwrite(target, values, **options)
    return target.getvalue()


def with_tag(content: bytes, tag: int, value: int) -> bytes:
    """Return a little-endian TIFF with the value of a short or long tag replaced."""
    changed = bytearray(content)
    (offset,) = struct.unpack_from("<I", changed, 4)
    (count,) = struct.unpack_from("<H", changed, offset)
    for index in range(count):
        at = offset + 2 + 12 * index
        if struct.unpack_from("<H", changed, at)[0] == tag:
            struct.pack_into("<HII", changed, at + 2, 4, 1, value)
            return bytes(changed)
    raise ValueError(f"no tag {tag}")


def directories(count: int, *, is_circle: bool = False) -> bytes:
    """Return a TIFF of empty directories, each leading to the next."""
    content = bytearray(struct.pack("<2sHI", b"II", 42, 8))
    for index in range(count):
        last = 8 if is_circle else 0
        content += struct.pack("<HI", 0, last if index == count - 1 else 8 + 6 * (index + 1))
    return bytes(content)


def big_circle() -> bytes:
    return struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16) + struct.pack("<QQ", 0, 16)


def bomb_in_a_strip() -> bytes:
    """Return a small deflated TIFF whose only strip unpacks to 400 MB."""
    content = tiff(GOOD, compression="zlib")
    packer = zlib.compressobj(9)
    strip = b"".join(packer.compress(bytes(2**20)) for _ in range(400)) + packer.flush()
    moved = with_tag(with_tag(content, 273, len(content)), 279, len(strip))
    return moved + strip


def npy(values: NDArray[Any], **options: Any) -> bytes:
    target = io.BytesIO()
    np.save(target, values, **options)
    return target.getvalue()


def npy_header(header: bytes, body: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


def npz(**arrays: NDArray[Any]) -> bytes:
    target = io.BytesIO()
    np.savez_compressed(target, **arrays)  # type: ignore[arg-type] # the stub takes a flag too
    return target.getvalue()


def floats(value: float) -> NDArray[np.float32]:
    values = (GOOD / 255).astype(np.float32)
    values[3, 4] = value
    return values


IMAGES: dict[str, tuple[str, Maker, str]] = {
    # name: suffix, bytes, code
    "png 40000 squared, 1 bit": (
        "png",
        lambda: png_header(40_000, 40_000, 1, 0),
        "image_too_large",
    ),
    "png 13000 squared": ("png", lambda: png_header(13_000, 13_000, 8, 0), "image_too_large"),
    "png of a side too long": ("png", lambda: png_header(40_000, 2, 8, 0), "image_too_large"),
    "png of no width": ("png", lambda: png_header(0, 50, 8, 0), "unsupported_shape"),
    "png that is short of rows": (
        "png",
        lambda: png_header(25, 50, 8, 0, bytes(26)),
        "broken_image",
    ),
    "png in colour": ("png", lambda: png(np.dstack([GOOD] * 3)), "colour_image"),
    "png colour-mapped": ("png", lambda: png_header(25, 50, 8, 3), "colour_image"),
    "png with alpha": ("png", lambda: png_header(25, 50, 8, 4), "several_channels"),
    "png of 1 bit": ("png", lambda: png_header(25, 50, 1, 0), "unsupported_type"),
    "png cut short": ("png", lambda: png(GOOD)[:-40], "broken_image"),
    "png empty": ("png", lambda: b"", "broken_image"),
    "png that is a tiff": ("png", lambda: tiff(GOOD), "broken_image"),
    "png that is text": ("png", lambda: b"0.5,1,1\n", "broken_image"),
    "png transposed": ("png", lambda: png(np.ascontiguousarray(GOOD.T)), "heatmap_transposed"),
    "png of another size": ("png", lambda: png(GOOD[:40, :20].copy()), "heatmap_size"),
    "png of one pixel": ("png", lambda: png(GOOD[:1, :1].copy()), "heatmap_size"),
    "tiff referring to itself": ("tif", lambda: directories(1, is_circle=True), "broken_image"),
    "tiff in a circle of ten": ("tif", lambda: directories(10, is_circle=True), "broken_image"),
    "tiff of 200,000 directories": ("tif", lambda: directories(200_000), "too_many_images"),
    "tiff of 17 images": (
        "tif",
        lambda: tiff(np.stack([GOOD] * 17), photometric="minisblack"),
        "too_many_images",
    ),
    "big tiff referring to itself": ("tif", big_circle, "broken_image"),
    "tiff of 2^31 squared": (
        "tif",
        lambda: with_tag(with_tag(tiff(GOOD), 256, 2**31), 257, 2**31),
        "image_too_large",
    ),
    "tiff of 400 Mpx in a strip": (
        "tif",
        lambda: with_tag(with_tag(bomb_in_a_strip(), 256, 20_000), 257, 20_000),
        "image_too_large",
    ),
    "tiff strip beyond its size": ("tif", bomb_in_a_strip, "broken_image"),
    "tiff tile of 2^20": (
        "tif",
        lambda: with_tag(with_tag(tiff(GOOD, tile=(16, 16)), 322, 2**20), 323, 2**20),
        "image_too_large",
    ),
    "tiff tile of nothing": (
        "tif",
        lambda: with_tag(tiff(GOOD, tile=(16, 16)), 322, 0),
        "broken_image",
    ),
    "tiff by jpeg": ("tif", lambda: with_tag(tiff(GOOD), 259, 7), "lossy_compression"),
    "tiff by jpeg 2000": ("tif", lambda: with_tag(tiff(GOOD), 259, 33005), "lossy_compression"),
    "tiff by packbits": ("tif", lambda: tiff(GOOD, compression="packbits"), "unsupported_image"),
    "tiff by nothing known": (
        "tif",
        lambda: with_tag(tiff(GOOD), 259, 60_000),
        "unsupported_image",
    ),
    "tiff colour-mapped": (
        "tif",
        lambda: tiff(GOOD, photometric="palette", colormap=np.zeros((3, 256), np.uint16)),
        "colour_image",
    ),
    "tiff in colour": (
        "tif",
        lambda: tiff(np.dstack([GOOD] * 3), photometric="rgb"),
        "several_channels",
    ),
    "tiff of two channels": (
        "tif",
        lambda: tiff(np.dstack([GOOD] * 2), photometric="minisblack", planarconfig="contig"),
        "several_channels",
    ),
    "tiff where 0 is white": (
        "tif",
        lambda: tiff(GOOD, photometric="miniswhite"),
        "unsupported_image",
    ),
    "tiff of float64": ("tif", lambda: tiff(GOOD / 255), "unsupported_type"),
    "tiff of int16": ("tif", lambda: tiff(GOOD.astype(np.int16)), "unsupported_type"),
    "tiff of uint32": ("tif", lambda: tiff(GOOD.astype(np.uint32)), "unsupported_type"),
    "tiff cut short": ("tif", lambda: tiff(GOOD)[:-700], "broken_image"),
    "tiff cut in its head": ("tif", lambda: tiff(GOOD)[:6], "broken_image"),
    "tiff whose directory lies beyond": (
        "tif",
        lambda: b"II*\0" + struct.pack("<I", 2**31),
        "broken_image",
    ),
    "tiff without a directory": ("tif", lambda: b"II*\0" + bytes(4), "broken_image"),
    "tiff of 60,000 tags": (
        "tif",
        lambda: b"II*\0" + struct.pack("<IH", 8, 60_000),
        "broken_image",
    ),
    "tiff of a version that nobody knows": (
        "tif",
        lambda: b"II" + struct.pack("<HI", 44, 8) + bytes(20),
        "broken_image",
    ),
    "tiff in ink": ("tif", lambda: with_tag(tiff(GOOD), 262, 5), "colour_image"),
    "tiff of two planes": (
        "tif",
        lambda: tiff(np.stack([GOOD] * 2), volumetric=True, photometric="minisblack"),
        "several_channels",
    ),
    "tiff that is an svs of nothing": ("tif", lambda: b"Aperio" * 50, "broken_image"),
    "tiff with infinity": ("tif", lambda: tiff(floats(np.inf)), "value_out_of_range"),
    "tiff above 1": ("tif", lambda: tiff(floats(1.5)), "value_out_of_range"),
    "npy below 0": ("npy", lambda: npy(floats(-0.1)), "value_out_of_range"),
    "npy of percent": ("npy", lambda: npy(floats(99.0)), "value_out_of_range"),
    "npy pickled": ("npy", lambda: npy(np.array([{}, 1], dtype=object)), "pickled_array"),
    "npy that is text": ("npy", lambda: b"0.5,1,2", "broken_image"),
    "npy that is a pickle": ("npy", lambda: PICKLE, "pickled_array"),
    "npy of 400,000 squared": (
        "npy",
        lambda: npy_header(b"{'descr':'|u1','fortran_order':False,'shape':(400000,400000)}\n"),
        "image_too_large",
    ),
    "npy cut short": ("npy", lambda: npy(GOOD)[:-1], "broken_image"),
    "npy of a deep header": ("npy", lambda: npy_header(b"(" * 9_000), "broken_image"),
    "npy of a long header": ("npy", lambda: npy_header(b" " * 60_000), "broken_image"),
    "npy of a negative shape": (
        "npy",
        lambda: npy_header(b"{'descr':'|u1','fortran_order':False,'shape':(-5,5)}\n"),
        "unsupported_shape",
    ),
    "npy of int64": ("npy", lambda: npy(GOOD.astype(np.int64)), "unsupported_type"),
    "npy of complex numbers": ("npy", lambda: npy(GOOD.astype(np.complex64)), "unsupported_type"),
    "npy of records": ("npy", lambda: npy(np.zeros((50, 25), dtype="f4,f4")), "unsupported_type"),
    "npy of three axes": ("npy", lambda: npy(np.dstack([GOOD] * 3)), "several_channels"),
    "npy of one axis": ("npy", lambda: npy(GOOD[0]), "unsupported_shape"),
    "npy of no pixel": ("npy", lambda: npy(GOOD[:0]), "unsupported_shape"),
    "npz of two arrays": ("npz", lambda: npz(a=GOOD, b=GOOD), "several_arrays"),
    "npz that leads elsewhere": ("npz", lambda: npz(**{"../a": GOOD}), "unsafe_name"),
    "npz of no array": ("npz", lambda: npz(stride_x=np.array(64.0)), "broken_image"),
    "npz pickled": ("npz", lambda: npz(a=np.array([{}, 1], dtype=object)), "pickled_array"),
    "npz with strides of three": ("npz", lambda: npz(a=GOOD, stride_x=np.ones(3)), "bad_metadata"),
    "npz with half a stride": (
        "npz",
        lambda: npz(a=GOOD, stride_x=np.array(64.0)),
        "missing_geometry",
    ),
    "npz that leaves the slide": (
        "npz",
        lambda: npz(a=GOOD, stride_x=np.array(64.0), stride_y=np.array(80.0)),
        "heatmap_outside_slide",
    ),
    "npz of coarse pixels": (
        "npz",
        lambda: npz(a=GOOD[:1, :1], stride_x=np.array(1600.0), stride_y=np.array(3200.0)),
        "radius_too_small",
    ),
    "npz for patches": (
        "npz",
        lambda: npz(a=GOOD, patch_size=np.array(64.0), anchor=np.array("centre")),
        "bad_metadata",
    ),
    "npz that is no zip": ("npz", lambda: b"PK\x03\x04", "broken_zip"),
    "npz of 1 GiB of zeros": (
        "npz",
        lambda: npz(a=np.zeros((2**15, 2**15), np.uint8)),
        "member_too_large",
    ),
    "h5": ("h5", lambda: HDF5, "unsupported_image"),
    "h5 called tiff": ("tif", lambda: HDF5, "broken_image"),
    "jpeg": ("jpg", lambda: b"\xff\xd8\xff\xe0" + bytes(50), "lossy_compression"),
    "torch tensor": ("pt", lambda: PICKLE, "pickled_array"),
}
