import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from evaluator.decoding import decode, exchange
from evaluator.decoding.confinement import ConfinementLevel, confinement_level
from evaluator.decoding.decode import Decoder, SlideAnswer, decoder
from evaluator.forms.geometry import SlideSize
from evaluator.forms.slide_forms import DecodeRequest, Form
from evaluator.results.parameters import Suppression
from tests.evaluator.hostile_images import GOOD, npy, npz, png, tiff
from tests.waiting import is_gone as has_ended

SIZE = SlideSize(1600, 3200)


@pytest.fixture(scope="module")
def shared_decoder() -> Iterator[Decoder]:
    with decoder() as reader:
        yield reader


def asked(reader: Decoder, content: bytes, form: Form = Form.PNG, **changed: Any) -> SlideAnswer:
    reader.clear()
    reader.input.write(content)
    request: dict[str, Any] = {"form": form, "file": f"test_001.{form}", "size": SIZE, "most": 1000}
    return reader.read(DecodeRequest(**{**request, **changed}))


def innermost(reader: Decoder) -> int:
    """Return the decoder's own process, below the one that keeps its namespaces."""
    assert reader._process is not None
    process = reader._process.pid
    while children := Path(f"/proc/{process}/task/{process}/children").read_text().split():
        process = int(children[0])
    return process


@pytest.mark.parametrize("compression", [None, "zlib", "adobe_deflate", "lzw", "zstd"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_every_lossless_tiff_gives_what_the_array_gives(
    shared_decoder: Decoder, compression: str | None, tile: tuple[int, int] | None, kind: Any
) -> None:
    scale = {np.uint8: 1, np.uint16: 257, np.float32: 1 / 255}[kind]
    values = (GOOD * kind(scale)).astype(kind)

    from_array = asked(shared_decoder, npy(values), Form.NPY)
    predictors = (None, True) if compression else (None,)
    for predictor in predictors:
        content = tiff(values, compression=compression, predictor=predictor, tile=tile)
        found = asked(shared_decoder, content, Form.TIFF)

        assert found.problems == ()
        assert found.detections.confidence.tolist() == from_array.detections.confidence.tolist()
        assert found.detections.x.tolist() == from_array.detections.x.tolist()
    assert from_array.n_found > 0


@pytest.mark.parametrize("kind", ["|u1", "<u2", ">u2", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"])
def test_arrays_of_every_type_and_order_of_bytes_are_read(
    shared_decoder: Decoder, kind: str
) -> None:
    scale = {"u1": 1.0, "u2": 257.0}.get(kind[1:], 1 / 255)
    values = (GOOD * scale).astype(kind)

    plain = asked(shared_decoder, npy(values), Form.NPY)
    fortran = asked(shared_decoder, npy(np.asfortranarray(values)), Form.NPY)
    zipped = asked(shared_decoder, npz(anything=values), Form.NPZ)

    assert plain.problems == ()
    assert plain.n_found == fortran.n_found == zipped.n_found > 0
    assert plain.detections.confidence.tolist() == zipped.detections.confidence.tolist()


def test_keys_of_an_npz_say_where_it_lies(shared_decoder: Decoder) -> None:
    values = np.zeros((3, 2), dtype=np.uint8)
    values[2, 1] = 255
    stride = np.array(100.0)

    content = npz(map=values, stride_x=stride, stride_y=stride, axes=np.array("xy"))
    found = asked(shared_decoder, content, Form.NPZ)

    # Axes exchanged: row 1, column 2, whose middle is (250, 150).
    assert (found.detections.x.tolist(), found.detections.y.tolist()) == ([250.0], [150.0])
    assert found.used["stride_x"] == 100.0
    assert found.used["axes"] == "xy"


def test_nan_is_no_tissue(shared_decoder: Decoder) -> None:
    values = np.full((50, 25), np.nan, dtype=np.float32)
    values[10, 10] = 0.75

    found = asked(shared_decoder, npy(values), Form.NPY)

    assert found.detections.confidence.tolist() == [0.75]
    assert found.detections.x.tolist() == [672.0]


def test_smoothing_is_scipys() -> None:
    with decoder() as reader:
        values = np.zeros((50, 25), dtype=np.uint8)
        values[20:30, 8:18] = 255
        found = asked(reader, png(values), suppression=Suppression(sigma=128.0))

    assert found.problems == ()
    assert found.detections.confidence.tolist()[0] == gaussian_filter(values / 255.0, 2.0).max()


@pytest.mark.parametrize("is_gone", [False, True], ids=["dying", "gone"])
def test_a_decoder_that_is_killed_is_a_problem_of_its_file_and_no_other(*, is_gone: bool) -> None:
    with decoder() as reader:
        assert asked(reader, png(GOOD)).problems == ()
        assert reader._process is not None
        os.kill(innermost(reader), signal.SIGKILL)
        if is_gone:  # then the request itself meets a closed pipe
            reader._process.wait()

        dead = asked(reader, png(GOOD))
        alive = asked(reader, png(GOOD))

    assert [str(problem.code) for problem in dead.problems] == ["decoder_stopped"]
    assert alive.problems == ()


def test_a_decoder_that_computes_too_long_is_told_from_one_that_broke() -> None:
    with decoder() as reader:
        asked(reader, png(GOOD))
        os.kill(innermost(reader), signal.SIGXCPU)  # as the kernel does at its limit
        found = asked(reader, png(GOOD))

    assert [str(problem.code) for problem in found.problems] == ["decoder_timeout"]


def test_a_decoder_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with decoder() as reader:
        asked(reader, png(GOOD))  # starts it, which may take long on a busy machine
        monkeypatch.setattr(decode, "SECONDS_A_FILE", 0.5)
        hung = innermost(reader)
        os.kill(hung, signal.SIGSTOP)
        began = time.monotonic()
        found = asked(reader, png(GOOD))

    assert [str(problem.code) for problem in found.problems] == ["decoder_timeout"]
    assert time.monotonic() - began < 5
    assert has_ended(hung)


def test_a_submission_that_takes_too_long_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "SECONDS_A_SUBMISSION", 0.0)
    with decoder() as reader:
        found = asked(reader, png(GOOD))

    assert [str(problem.code) for problem in found.problems] == ["decoder_timeout"]


def test_a_file_that_needs_too_much_memory_is_a_problem_of_its_own(
    shared_decoder: Decoder,
) -> None:
    # The positions of 2^26 candidates alone are half a gibibyte, and there is more to keep.
    content = npz(a=np.full((8192, 8192), 255, dtype=np.uint8))
    with decoder() as reader:
        found = asked(reader, content, Form.NPZ, size=SlideSize(8192 * 8, 8192 * 8))

    assert [str(problem.code) for problem in found.problems] == ["decoder_stopped"]
    assert asked(shared_decoder, png(GOOD)).problems == ()


def test_a_fresh_decoder_is_taken_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "FILES_A_DECODER", 2)
    with decoder() as reader:
        pids = []
        for _ in range(4):
            asked(reader, png(GOOD))
            assert reader._process is not None
            pids.append(reader._process.pid)

    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_nothing_is_left_running_or_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with decoder() as reader:
        asked(reader, png(GOOD))
        assert reader._process is not None
        pid = reader._process.pid
        # Without a name already, so that not even a killed worker leaves it behind.
        assert os.fstat(reader.input.fileno()).st_nlink == 0
        assert list(tmp_path.iterdir()) == []

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


ANSWER = {
    "confidence": [0.9],
    "x": [1.0],
    "y": [2.0],
    "n_found": 1,
    "used": {},
    "problems": [],
    "warnings": [],
    "counts": {},
}


@pytest.mark.parametrize(
    "changed",
    [
        {"confidence": [1.5]},
        {"confidence": [0.0]},
        {"confidence": [float("nan")]},
        {"confidence": [0.9, 0.8]},
        {"confidence": [0.8, 0.9], "x": [1, 1], "y": [1, 1]},
        {"confidence": [[0.9]], "x": [[1]], "y": [[1]]},
        {"confidence": [0.5] * 1001, "x": [1] * 1001, "y": [1] * 1001},
        {"x": [1600.0]},
        {"y": [-1.0]},
        {"x": ["far"]},
        {"used": {"secret": 1}},
        {"used": []},
        {"problems": [{"code": "made_up", "detail": "", "line": None}]},
        {"problems": 5},
        {"counts": {"made_up": 1}},
        {"n_found": None},
    ],
)
def test_an_answer_that_no_file_can_give_is_not_believed(changed: dict[str, Any]) -> None:
    request = DecodeRequest(Form.PNG, "test_001.png", SIZE, 1000)
    line = json.dumps({**ANSWER, **changed}).encode()

    with pytest.raises(exchange.NoAnswerError) as caught:
        decode._checked(line, request)

    assert str(caught.value.code) == "decoder_stopped"


def test_an_honest_answer_is_believed() -> None:
    request = DecodeRequest(Form.PNG, "test_001.png", SIZE, 1000)

    answer = decode._checked(json.dumps(ANSWER).encode(), request)

    assert answer.detections.confidence.tolist() == [0.9]


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is the Linux kernel's")
def test_a_decoder_here_opens_no_file_and_no_socket() -> None:
    assert confinement_level() >= ConfinementLevel.SEALED


def test_a_decoder_that_is_told_to_end_is_reaped_and_leaves_no_orphan() -> None:
    with decoder() as reader:
        asked(reader, png(GOOD))
        assert reader._process is not None
        process, own = reader._process, innermost(reader)

    assert process.returncode == 0  # it left by itself, so that its parent could wait for it
    assert not Path(f"/proc/{own}").exists()
