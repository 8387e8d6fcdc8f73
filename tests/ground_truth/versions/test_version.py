import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ground_truth.errors import TruthError
from ground_truth.reference.cases import CaseList, PatientCase, SlideCase
from ground_truth.types import Kind
from ground_truth.versions import draft
from ground_truth.versions.build import build_camelyon16, build_camelyon17
from ground_truth.versions.version import (
    case_list,
    label_exclusions_of,
    load_truth,
    verify_version,
    version_of,
    versions_of,
)
from tests.builders import camelyon16_folder, camelyon17_stages


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """Return the folder of a small version."""
    return tmp_path / build_camelyon16(camelyon16_folder(tmp_path / "data"), tmp_path)


def forged(version: Path, name: str, content: bytes) -> Path:
    """Replace one file and make manifest and folder name agree with it again."""
    (version / name).write_bytes(content)
    path = version / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    path.write_bytes(json.dumps(manifest).encode())
    return version.rename(version.parent / version_of(path.read_bytes()))


def npy(array: np.ndarray[Any, np.dtype[Any]]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_the_version_is_the_manifests_digest(version: Path) -> None:
    digest = hashlib.sha256((version / "manifest.json").read_bytes()).hexdigest()

    assert version.name == digest[:12]
    assert load_truth(version).version == version.name


def test_an_intact_version_verifies(version: Path) -> None:
    assert verify_version(version) == ()


@pytest.mark.parametrize(
    "name", ["slides.json", "patients.json", "regions.json", "runs.npy", "outlines.npy"]
)
def test_a_changed_byte_is_found(version: Path, name: str) -> None:
    content = bytearray((version / name).read_bytes())
    content[len(content) // 2] ^= 1
    (version / name).write_bytes(bytes(content))

    with pytest.raises(TruthError, match=f"{name}: differs from the manifest"):
        load_truth(version)
    assert [problem.file for problem in verify_version(version)] == [name]


def test_a_changed_manifest_is_found(version: Path) -> None:
    path = version / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"changelog":""', b'"changelog":"x"'))

    with pytest.raises(TruthError, match=r"manifest\.json: stands for [0-9a-f]{12}"):
        load_truth(version)


def test_missing_and_added_files_are_found(version: Path) -> None:
    (version / "extra.txt").write_text("")
    (version / "regions.json").unlink()

    problems = [str(problem) for problem in verify_version(version)]

    assert problems == ["regions.json: is missing", "extra.txt: does not belong to the version"]


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"{}", b"[" * 100_000, b"\xff", b'{"files":{}}', b'{"format":2}']
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, manifest: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest)

    with pytest.raises(TruthError, match="not a truth version"):
        load_truth(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "not a truth version" in str(verify_version(tmp_path / "nothing")[0])


def test_another_format_is_refused(version: Path) -> None:
    path = version / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"format":1', b'"format":9'))

    with pytest.raises(TruthError, match="is of format 9, not 1"):
        load_truth(version)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("slides.json", b"[{}]"),
        ("slides.json", b"{"),
        ("patients.json", b"[1]"),
        ("regions.json", b'[{"regions":[{}]}]'),
        ("regions.json", b"[]"),
        ("runs.npy", b"no array"),
        ("runs.npy", npy(np.zeros((3, 5)))),
        ("runs.npy", npy(np.zeros(5, dtype=np.int32))),
        ("runs.npy", npy(np.array([[0, -1, 0, 5, 1]], dtype=np.int32))),
        ("runs.npy", npy(np.array([[0, 1, 5, 5, 1]], dtype=np.int32))),
        ("runs.npy", npy(np.array([[0, 1, 0, 5, 0]], dtype=np.int32))),
        ("runs.npy", npy(np.array([[0, 1, 0, 5, 3]], dtype=np.int32))),
        ("runs.npy", npy(np.array([[0, 0, 0, 5, 1], [0, 2**31 - 2, 0, 5, 1]], dtype=np.int32))),
    ],
)
def test_forged_contents_end_in_a_plain_error(version: Path, name: str, content: bytes) -> None:
    folder = forged(version, name, content)

    with pytest.raises(TruthError, match="not a truth version"):
        load_truth(folder)
    assert len(verify_version(folder)) == 1


def test_an_array_of_objects_is_never_unpickled(version: Path) -> None:
    folder = forged(version, "runs.npy", npy(np.array([{}], dtype=object)))

    with pytest.raises(TruthError, match="allow_pickle"):
        load_truth(folder)


def test_a_file_that_is_too_large_is_refused(
    version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ground_truth.versions.version._FILE_LIMIT_BYTES", 10)

    with pytest.raises(TruthError, match="too large"):
        load_truth(version)


def test_building_over_a_damaged_version_is_refused(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    version = tmp_path / build_camelyon16(source, tmp_path)
    (version / "slides.json").write_bytes(b"[]")

    with pytest.raises(TruthError, match=r"slides\.json: differs"):
        build_camelyon16(source, tmp_path)


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = camelyon16_folder(tmp_path / "data")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            build_camelyon16(source, tmp_path / "truth")

    assert list((tmp_path / "truth").iterdir()) == []


def test_a_version_placed_by_another_build_meanwhile_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = camelyon16_folder(tmp_path / "data")
    version = build_camelyon16(source, tmp_path / "truth")
    monkeypatch.setattr(draft, "_is_there", lambda _: False)

    assert build_camelyon16(source, tmp_path / "truth") == version
    assert [path.name for path in (tmp_path / "truth").iterdir()] == [version]


def test_a_version_that_cannot_be_put_in_place_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = camelyon16_folder(tmp_path / "data")

    def fail(_: Path, __: Path) -> None:
        raise OSError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail)
        with pytest.raises(OSError, match="Permission denied"):
            build_camelyon16(source, tmp_path / "truth")

    assert list((tmp_path / "truth").iterdir()) == []


def test_a_root_that_cannot_be_written_fails_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        build_camelyon16(camelyon16_folder(tmp_path / "data"), tmp_path / "file")


def test_the_case_list_tells_no_label_and_no_assumed_size(tmp_path: Path) -> None:
    measured = camelyon16_folder(tmp_path / "a")
    assumed = camelyon16_folder(tmp_path / "b", dimensions="assumed")

    known, unknown = (
        case_list(load_truth(source / build_camelyon16(source, source)))
        for source in (measured, assumed)
    )

    both = frozenset({Kind.LESIONS, Kind.SLIDES})
    assert known.slides[0] == SlideCase("test_001", 8192, 8192, 0.243, both)
    assert unknown.slides[0] == SlideCase("test_001", None, None, 0.243, both)
    assert CaseList.from_json(json.loads(json.dumps(known.to_json()))) == known
    assert "tumour" not in json.dumps(known.to_json())


def test_the_case_list_of_stages_holds_patients_and_their_nodes(tmp_path: Path) -> None:
    folder = tmp_path / build_camelyon17(camelyon17_stages(tmp_path / "data"), tmp_path)

    cases = case_list(load_truth(folder))

    nodes = tuple(f"patient_000_node_{node}" for node in range(5))
    assert cases.patients[0] == PatientCase("patient_000", nodes)
    assert cases.slides == ()


def test_loading_needs_no_scipy_pandas_or_image_library(version: Path) -> None:
    heavy = {"scipy", "pandas", "tifffile", "imagecodecs", "openslide", "sklearn", "PIL"}
    program = (
        "import sys; from pathlib import Path; from ground_truth.versions.version import *;"
        f"case_list(load_truth(Path({str(version)!r}))); print(sorted(sys.modules))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert not [name for name in heavy if f"'{name}'" in ran.stdout]


def test_lesions_carry_their_feret_diameters(version: Path) -> None:
    mask = load_truth(version).slides[0].mask

    assert mask is not None
    assert mask.feret_um is not None
    # Squares of 49 and 9 level-5 pixels of 7.776 um, corner to corner.
    assert mask.feret_um.tolist() == [0.0, 538.8, 99.0]


def test_a_version_without_feret_diameters_still_loads(version: Path) -> None:
    tables = json.loads((version / "regions.json").read_bytes())
    for table in tables:
        for region in table["regions"]:
            del region["feret_um"]
    folder = forged(version, "regions.json", json.dumps(tables).encode())

    mask = load_truth(folder).slides[0].mask

    assert mask is not None
    assert mask.feret_um is None
    assert mask.is_itc_sized.tolist() == [False, False, True]


def test_a_version_of_before_label_exclusions_still_loads(version: Path) -> None:
    path = version / "manifest.json"
    manifest = json.loads(path.read_bytes())
    for name in ("kinds", "label_exclusions"):
        del manifest[name]
    path.write_bytes(json.dumps(manifest).encode())
    folder = version.rename(version.parent / version_of(path.read_bytes()))

    truth = load_truth(folder)

    assert label_exclusions_of(truth) == ()
    assert case_list(truth).slides[0].kinds == {Kind.LESIONS, Kind.SLIDES}


def test_replacing_a_version_needs_a_changelog(tmp_path: Path) -> None:
    root = tmp_path / "truth"
    first = build_camelyon16(camelyon16_folder(tmp_path / "a"), root)
    other = camelyon16_folder(tmp_path / "b", spacing_um=0.226)

    with pytest.raises(
        TruthError,
        match=f"holds {first} of camelyon16 testing already: say what is new with --changelog",
    ):
        build_camelyon16(other, root, changelog=" ")

    assert [path.name for path in root.iterdir()] == [first]
    assert build_camelyon16(other, root, changelog="spacing measured") != first
    assert build_camelyon16(tmp_path / "a", root) == first


def test_another_layout_or_split_replaces_nothing(tmp_path: Path) -> None:
    root = tmp_path / "truth"
    source = camelyon16_folder(tmp_path / "a")
    build_camelyon16(source, root)
    (source / "testing").rename(source / "training")
    (root / "0123456789ab").mkdir()
    (root / "0123456789ac").mkdir()
    (root / "0123456789ac" / "manifest.json").write_text("[]")

    training = build_camelyon16(source, root, split="training")

    assert versions_of(root, "camelyon16", "training") == [training]
    assert build_camelyon17(camelyon17_stages(tmp_path / "b"), root)
