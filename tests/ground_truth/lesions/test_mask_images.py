import hashlib
import resource
from pathlib import Path

import numpy as np
import pytest
import tifffile

from ground_truth.errors import TruthError
from ground_truth.lesions.mask_images import read_mask, sha256_of_file
from tests.ground_truth.pyramids import (
    Pixels,
    set_byte_counts,
    spoil_tile,
    write_mask,
    write_mask_pyramid,
)


def random_labels(width: int, height: int) -> Pixels:
    generator = np.random.default_rng(7)
    return generator.integers(0, 3, (height, width), dtype=np.uint8)


def sampled(labels: Pixels) -> Pixels:
    rows, columns = labels.shape[0] // 32, labels.shape[1] // 32
    return labels[::32, ::32][:rows, :columns]


@pytest.mark.parametrize("size", [(1600, 1024), (1633, 1055), (31, 40)])
@pytest.mark.parametrize(
    "layout",
    [
        {"tile": (512, 512)},
        {"tile": (16, 48)},
        {"tile": None, "rowsperstrip": 1},
        {"tile": None, "rowsperstrip": 50},
        {"tile": (256, 256), "compression": "lzw"},
    ],
)
def test_level_0_is_strided_whatever_its_pieces(
    tmp_path: Path, size: tuple[int, int], layout: dict[str, object]
) -> None:
    labels = random_labels(*size)

    mask = read_mask(write_mask(tmp_path / "m.tif", labels, **layout))

    assert (mask.width, mask.height) == size
    np.testing.assert_array_equal(mask.labels, sampled(labels))


@pytest.mark.parametrize("level_count", [3, 6, 7])
def test_a_pyramid_gives_the_same_with_and_without_level_5(
    tmp_path: Path, level_count: int
) -> None:
    labels = random_labels(1633, 1055)

    mask = read_mask(write_mask_pyramid(tmp_path / "m.tif", labels, level_count=level_count))

    np.testing.assert_array_equal(mask.labels, sampled(labels))


def test_level_5_is_read_rather_than_level_0(tmp_path: Path) -> None:
    path = write_mask_pyramid(tmp_path / "m.tif", random_labels(1600, 1600), level_count=6)
    set_byte_counts(path, dict.fromkeys(range(16), 0))

    assert read_mask(path).values == [0, 1, 2]


def test_tiles_that_were_never_written_are_zeros(tmp_path: Path) -> None:
    path = write_mask(tmp_path / "m.tif", np.full((1024, 1024), 1, dtype=np.uint8))
    set_byte_counts(path, {0: 0})

    labels = read_mask(path).labels

    assert not labels[:16, :16].any()
    assert labels[16:].all()
    assert labels[:16, 16:].all()


def test_sixteen_bits_are_read(tmp_path: Path) -> None:
    labels = np.full((64, 64), 300, dtype=np.uint16)

    assert read_mask(write_mask(tmp_path / "m.tif", labels)).values == [300]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((64, 64), dtype=np.float32), "is not a mask"),
        (np.zeros((64, 64), dtype=np.int16), "is not a mask"),
    ],
)
def test_what_is_no_mask_is_refused_by_name(tmp_path: Path, labels: Pixels, message: str) -> None:
    with pytest.raises(TruthError, match=rf"m\.tif: {message}"):
        read_mask(write_mask(tmp_path / "m.tif", labels))


def test_a_colour_picture_is_refused_by_name(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "m.tif", np.zeros((64, 64, 3), dtype=np.uint8), photometric="rgb")

    with pytest.raises(TruthError, match=r"m\.tif: is not a mask"):
        read_mask(tmp_path / "m.tif")


def test_a_file_in_one_huge_strip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(
            iter([b"x"]),
            shape=(20_000, 20_000),
            dtype=np.uint8,
            rowsperstrip=20_000,
            compression="zlib",
            photometric="minisblack",
            metadata=None,
        )

    with pytest.raises(TruthError, match="stored in pieces of 20000 x 20000 pixels"):
        read_mask(path)


def test_a_file_larger_than_any_slide_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.tif"
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(
            iter([b""] * 2**14),
            shape=(2**19, 2**19),
            dtype=np.uint8,
            tile=(2**12, 2**12),
            compression="deflate",
            photometric="minisblack",
            metadata=None,
        )

    with pytest.raises(TruthError, match="is 524288 x 524288 pixels: no slide is that large"):
        read_mask(path)


def test_a_tile_of_implausibly_many_bytes_is_refused(tmp_path: Path) -> None:
    path = write_mask(tmp_path / "m.tif", random_labels(1024, 1024))
    set_byte_counts(path, {0: 2**29})

    with pytest.raises(TruthError, match="a tile or strip of more than 256 MB"):
        read_mask(path)


@pytest.mark.parametrize("content", [b"", b"no image", b"II*\0\x08\0\0\0"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.tif").write_bytes(content)

    with pytest.raises(TruthError, match=r"m\.tif: not a readable TIFF mask"):
        read_mask(tmp_path / "m.tif")


def test_a_tile_that_cannot_be_decoded_is_refused_by_name(tmp_path: Path) -> None:
    path = write_mask(tmp_path / "m.tif", random_labels(1024, 1024))
    spoil_tile(path, page=0)

    with pytest.raises(TruthError, match=r"m\.tif: not a readable TIFF mask"):
        read_mask(path)


def test_a_large_mask_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "m.tif"
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        tile = np.ones((512, 512), dtype=np.uint8)
        file.write(
            (tile for _ in range(60 * 60)),
            shape=(30_720, 30_720),
            dtype=np.uint8,
            tile=(512, 512),
            compression="deflate",
            photometric="minisblack",
            metadata=None,
        )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    labels = read_mask(path).labels

    assert labels.shape == (960, 960)
    assert labels.all()
    # The whole raster would be 920 MB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_the_digest_is_the_files(tmp_path: Path) -> None:
    (tmp_path / "m.tif").write_bytes(b"abc")

    assert sha256_of_file(tmp_path / "m.tif") == hashlib.sha256(b"abc").hexdigest()
    with pytest.raises(TruthError, match=r"n\.tif: cannot be read"):
        sha256_of_file(tmp_path / "n.tif")
