"""Tests zips: what hostile ones are refused for, and which honest ones pass."""

import io
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from evaluator.archives.archive import SingleFile, max_members, open_submission
from evaluator.errors import Findings, ProblemCode, SubmissionError
from tests.evaluator.hostile_zips import (
    HOSTILE,
    MIB,
    ROW,
    deflated,
    one_gib_of_zeros,
    zip64_end,
)
from tests.evaluator.makers import Fake, crafted_zip


def read_all(path: Path, n_slides: int = 4) -> tuple[dict[str, bytes], Findings]:
    findings = Findings()
    with open_submission(path, n_slides, findings) as members:
        assert not isinstance(members, SingleFile)
        content = {name: members.read(name) for name in members.paths}
    return content, findings


def codes_of(path: Path, n_slides: int = 4) -> list[str]:
    """Return all codes, whether they were raised at once or noted."""
    try:
        _, findings = read_all(path, n_slides)
    except SubmissionError as error:
        return sorted(error.counts)
    return sorted(findings.counts)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_zip_is_refused_for_its_reason(name: str, tmp_path: Path) -> None:
    make, codes = HOSTILE[name]

    path = make(tmp_path / "upload")

    assert codes_of(path, 20 if name == "13 GiB in all" else 4) == codes


def test_a_bomb_is_refused_at_once(tmp_path: Path) -> None:
    path = one_gib_of_zeros(tmp_path / "upload")
    before = time.process_time()

    codes = codes_of(path)

    assert codes == ["member_too_large"]
    assert time.process_time() - before < 0.5


def test_every_faulty_member_is_named(tmp_path: Path) -> None:
    path = crafted_zip(
        tmp_path / "upload", [Fake(name=b"a.csv", flags=1), Fake(name=b"b.csv", method=14)]
    )

    with pytest.raises(SubmissionError) as caught:
        read_all(path)

    assert [(problem.file, str(problem.code)) for problem in caught.value.problems] == [
        ("a.csv", "zip_encrypted"),
        ("b.csv", "zip_method"),
    ]


class _Pipe(io.BytesIO):
    """A target that cannot seek, which makes zipfile write data descriptors."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def honest(target: Path | io.BytesIO, *, wide: bool, method: int) -> None:
    with zipfile.ZipFile(target, "w", method) as archive:
        for name in ("top/a.csv", "top/b.csv"):
            with archive.open(name, "w", force_zip64=wide) as member:
                member.write(ROW)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("wide", [False, True])
def test_honest_zips_are_read(tmp_path: Path, *, wide: bool, method: int) -> None:
    path = tmp_path / "upload"
    honest(path, wide=wide, method=method)

    content, findings = read_all(path)

    assert content == {"top/a.csv": ROW, "top/b.csv": ROW}
    assert findings.counts == {}


@pytest.mark.parametrize("wide", [False, True])
def test_streamed_zips_are_read(tmp_path: Path, *, wide: bool) -> None:
    pipe = _Pipe()
    honest(pipe, wide=wide, method=zipfile.ZIP_DEFLATED)
    path = tmp_path / "upload"
    path.write_bytes(pipe.getvalue())

    content, findings = read_all(path)

    assert content == {"top/a.csv": ROW, "top/b.csv": ROW}
    assert findings.counts == {}


@pytest.mark.parametrize("layout", ["<3L", "<L2Q"])
def test_a_descriptor_without_magic_is_read(tmp_path: Path, layout: str) -> None:
    crc_and_sizes = (zlib.crc32(ROW), len(deflated(ROW)), len(ROW))
    member = Fake(
        name=b"a.csv",
        packed=deflated(ROW),
        content=ROW,
        flags=8,
        local_sizes=(0, 0, 0),
        descriptor=struct.pack(layout, *crc_and_sizes),
    )

    content, _ = read_all(crafted_zip(tmp_path / "upload", [member, Fake(name=b"b.csv")]))

    assert content == {"a.csv": ROW, "b.csv": ROW}


def test_a_zip64_end_is_read(tmp_path: Path) -> None:
    content, _ = read_all(zip64_end(tmp_path / "upload"))

    assert content == {"a.csv": ROW}


def test_a_comment_that_looks_like_an_end_is_no_end(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", ROW)
        archive.comment = b"PK\x05\x06" + bytes(30)

    content, _ = read_all(path)

    assert content == {"a.csv": ROW}


def test_unknown_extra_fields_are_passed_over(tmp_path: Path) -> None:
    extra = struct.pack("<2H4s", 0x7075, 4, b"abcd") + struct.pack("<2HQ", 1, 8, len(ROW))
    member = Fake(name=b"a.csv", unpacked_size=2**32 - 1, extra=extra, local_sizes=None)
    path = crafted_zip(tmp_path / "upload", [member])

    # The local header tells 2^32 - 1 without a Zip64 field of its own.
    assert codes_of(path) == ["broken_zip"]


def test_an_empty_zip_has_no_members(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    zipfile.ZipFile(path, "w").close()

    assert read_all(path)[0] == {}


def test_what_systems_leave_behind_is_skipped_with_a_notice(tmp_path: Path) -> None:
    names = (b"__MACOSX/._a.csv", b".DS_Store", b"Thumbs.db", b"a.csv")
    path = crafted_zip(tmp_path / "upload", [Fake(name=name) for name in names])

    content, findings = read_all(path)

    assert list(content) == ["a.csv"]
    assert findings.counts == {}
    assert [notice.code for notice in findings.notices] == [ProblemCode.SKIPPED_FILE] * 3


def test_a_member_larger_than_asked_for_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = crafted_zip(tmp_path / "upload", [Fake(name=b"a.csv", content=bytes(2 * MIB))])

    with open_submission(path, 4, Findings()) as members, pytest.raises(SubmissionError) as caught:
        members.read("a.csv", MIB)

    assert list(caught.value.counts) == ["member_too_large"]


def test_the_number_of_members_follows_the_case_list() -> None:
    assert max_members(128) == 532
