from pathlib import Path

import pytest

from ground_truth.data_set.checksums import (
    LIST_LIMIT_BYTES,
    Checksum,
    is_checksum_list,
    read_checksum_list,
    read_checksum_lists,
)
from ground_truth.errors import Problem

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("line", "path", "algorithm"),
    [
        (f"{MD5}  images/tumor_001.tif", "images/tumor_001.tif", "md5"),
        (f"{MD5} *images/tumor_001.tif", "images/tumor_001.tif", "md5"),
        (f"{MD5.upper()} ./stages.csv\r", "stages.csv", "md5"),
        (f"{MD5}\tstages.csv", "stages.csv", "md5"),
        (f"{SHA256}  patient 1.zip", "patient 1.zip", "sha256"),
        (f"MD5 (a (b).tif) = {MD5}", "a (b).tif", "md5"),
        (f"SHA256 (a.tif) = {SHA256}", "a.tif", "sha256"),
    ],
)
def test_every_usual_form_of_line_is_read(line: str, path: str, algorithm: str) -> None:
    digest = MD5 if algorithm == "md5" else SHA256

    read = read_checksum_list(line.encode(), "list")

    assert read.checksums == (Checksum(path, algorithm, digest, 1),)
    assert read.problems == ()


def test_lines_that_cannot_be_read_are_named_and_the_others_count() -> None:
    content = (
        f"\ufeff{MD5}  a.tif\n# made by hand\n\nnonsense\n{MD5}  ../out.tif\n"
        f"{'a' * 40}  sha1.tif\n{MD5}  b.tif"
    )

    read = read_checksum_list(content.encode(), "checksums.md5")

    assert [(each.path, each.line) for each in read.checksums] == [("a.tif", 1), ("b.tif", 7)]
    assert read.problems == (
        Problem("checksums.md5", 4, "is not 'digest  name': 'nonsense'"),
        Problem("checksums.md5", 5, "'../out.tif' leads out of its folder"),
        Problem("checksums.md5", 6, "a digest of 40 digits is neither md5 (32) nor sha256 (64)"),
    )


def test_a_list_too_large_to_be_one_is_not_read() -> None:
    read = read_checksum_list(b"\n" * (LIST_LIMIT_BYTES + 1), "huge.md5")

    assert read.problems == (Problem("huge.md5", None, "larger than 16 MiB"),)


def test_the_paths_of_a_list_lie_below_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "CAMELYON16").mkdir()
    (tmp_path / "CAMELYON16" / "checksums.md5").write_text(f"{MD5}  images/a.tif\n")

    read = read_checksum_lists(tmp_path, ["CAMELYON16/checksums.md5", "gone.md5"])

    assert [each.path for each in read.checksums] == ["CAMELYON16/images/a.tif"]
    assert [each.file for each in read.problems] == ["gone.md5"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("checksums.md5", True),
        ("MD5SUMS", True),
        ("SHA256SUMS.txt", True),
        ("images.sha256", True),
        ("camelyon16_checksums.md5", True),
        ("checksums.txt", True),
        ("README.md", False),
        ("md5.py", False),
    ],
)
def test_a_list_is_recognised_by_its_name(name: str, *, expected: bool) -> None:
    assert is_checksum_list(name) is expected
