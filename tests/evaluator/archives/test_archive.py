import hashlib
import io
import os
from pathlib import Path

import pytest

from evaluator.archives.archive import SingleFile, open_submission
from evaluator.errors import Findings, SubmissionError
from tests.builders import zip_file
from tests.evaluator.makers import folder

ROW = b"0.5,1,1\n"


def read_folder(path: Path) -> tuple[dict[str, bytes], Findings]:
    findings = Findings()
    with open_submission(path, 2, findings) as members:
        assert not isinstance(members, SingleFile)
        content = {name: members.read(name) for name in members.paths}
    return content, findings


def test_a_flat_folder_is_read_in_name_order(tmp_path: Path) -> None:
    content, findings = read_folder(folder(tmp_path, {"b.csv": ROW, "a.csv": b"", ".DS_Store": ""}))

    assert content == {"a.csv": b"", "b.csv": ROW}
    assert list(content) == ["a.csv", "b.csv"]
    assert findings.counts == {}


def test_one_folder_inside_is_read(tmp_path: Path) -> None:
    content, findings = read_folder(folder(tmp_path, {"top/a.csv": ROW}))

    assert content == {"top/a.csv": ROW}
    assert findings.counts == {}


def test_files_beside_a_folder_are_refused(tmp_path: Path) -> None:
    _, findings = read_folder(folder(tmp_path, {"a.csv": ROW, "top/b.csv": ROW}))

    assert [(problem.code, problem.file) for problem in findings.problems] == [
        ("nested_folder", "top/b.csv")
    ]


@pytest.mark.parametrize("kind", ["link to a file", "link to a folder", "pipe"])
def test_links_and_devices_in_a_folder_are_refused(tmp_path: Path, kind: str) -> None:
    upload = folder(tmp_path / "upload", {"a.csv": ROW})
    outside = folder(tmp_path / "outside", {"secret.csv": ROW})
    if kind == "pipe":
        os.mkfifo(upload / "b.csv")
    else:
        (upload / "b.csv").symlink_to(
            outside / "secret.csv" if kind == "link to a file" else outside
        )

    content, findings = read_folder(upload)

    assert content == {"a.csv": ROW}
    assert [problem.code for problem in findings.problems] == ["not_a_regular_file"]


def test_a_folder_of_too_many_files_is_not_walked_to_its_end(tmp_path: Path) -> None:
    upload = folder(tmp_path, {f"{number}.csv": "" for number in range(30)})

    with pytest.raises(SubmissionError) as caught:
        read_folder(upload)

    assert list(caught.value.counts) == ["too_many_members"]


def test_a_name_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.csv", "wb"):  # noqa: PTH123 - pathlib takes no bytes
        pass

    _, findings = read_folder(tmp_path)

    assert [(problem.code, problem.file) for problem in findings.problems] == [
        ("unsafe_name", "\\udcff.csv")
    ]


def test_a_file_in_a_folder_may_be_too_large(tmp_path: Path) -> None:
    upload = folder(tmp_path, {"a.csv": bytes(2**20 + 1)})

    with (
        open_submission(upload, 2, Findings()) as members,
        pytest.raises(SubmissionError) as caught,
    ):
        members.read("a.csv", 2**20)

    assert list(caught.value.counts) == ["member_too_large"]


def test_a_single_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(ROW)

    with open_submission(upload, 2, Findings()) as members:
        assert isinstance(members, SingleFile)
        assert members.read("a.csv", len(ROW)) == ROW
        with pytest.raises(SubmissionError):
            members.read("a.csv", len(ROW) - 1)


@pytest.mark.parametrize(("limit", "words"), [(64 * 2**10, "64 KiB"), (4 * 2**20, "4 MiB")])
def test_a_limit_is_told_in_its_own_unit(tmp_path: Path, limit: int, words: str) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(bytes(limit + 1))

    with open_submission(upload, 2, Findings()) as members:
        assert isinstance(members, SingleFile)
        with pytest.raises(SubmissionError) as caught:
            members.read("a.csv", limit)

    assert caught.value.problems[0].detail == (
        f"A file of this kind may have {words}; this one is larger."
    )


@pytest.mark.parametrize(
    "head",
    [
        b"\x1f\x8b\x08",
        b"7z\xbc\xaf\x27\x1c",
        b"Rar!\x1a",
        b"BZh9",
        b"\xfd7zXZ\0",
        b"\x28\xb5\x2f\xfd",
        bytes(257) + b"ustar",
    ],
)
def test_other_archives_are_refused_by_their_first_bytes(tmp_path: Path, head: bytes) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(head + bytes(20))

    with pytest.raises(SubmissionError) as caught, open_submission(upload, 2, Findings()):
        pass

    assert list(caught.value.counts) == ["unsupported_archive"]


@pytest.mark.parametrize("content", [bytes(5 * 2**20 + 3), os.urandom(3 * 2**20 + 1)])
def test_a_large_member_is_read_and_copied_piece_by_piece(tmp_path: Path, content: bytes) -> None:
    upload = zip_file(tmp_path / "upload.zip", {"a.png": content})
    copied = io.BytesIO()

    with open_submission(upload, 2, Findings()) as members:
        assert not isinstance(members, SingleFile)
        assert members.read("a.png") == content
        digest = members.copy("a.png", copied)

    assert copied.getvalue() == content
    assert digest == hashlib.sha256(content).hexdigest()


def test_a_file_of_a_folder_is_copied_within_its_limit(tmp_path: Path) -> None:
    upload = folder(tmp_path, {"a.png": bytes(2**20)})
    copied = io.BytesIO()

    with open_submission(upload, 2, Findings()) as members:
        assert not isinstance(members, SingleFile)
        members.copy("a.png", copied, 2**20)
        with pytest.raises(SubmissionError):
            members.copy("a.png", copied, 2**20 - 1)

    assert copied.getvalue() == bytes(2**20)
