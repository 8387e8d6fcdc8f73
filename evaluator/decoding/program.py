"""Runs the confined decoder: reads slides' files and answers each in one line of JSON.

`evaluator.decoding.confinement` starts it; no module imports it. A request is a line on standard
input; the file's bytes are read from a descriptor that was opened for reading only.
"""

import codecs
import io
import json
import os
import socket
import sys
from typing import Any

from evaluator.decoding import sealing
from evaluator.decoding.slide_file import AnswerJson, empty_answer, read_slide_file, with_remarks
from evaluator.errors import Findings, ProblemCode, SubmissionError
from evaluator.forms import PROBE_REQUEST, SMOOTHS, DecodeRequest

MAX_REQUEST_BYTES = 2**20

_CODECS = ("png_decode", "zlib_decode", "deflate_decode", "lzw_decode", "zstd_decode")
_PREDICTORS = ("delta_decode", "floatpred_decode", "packints_decode", "bitorder_decode")
_ENCODINGS = ("utf-8-sig", "cp437", "latin-1", "ascii", "unicode_escape", "utf-16-le")


def main() -> None:
    """Load all modules, seal the process, and answer requests until standard input ends."""
    raw = io.FileIO(int(sys.argv[1]))
    _load_all(smooths=sys.argv[2] == SMOOTHS)
    try:
        sealing.seal()
    except sealing.SealingError:
        raise SystemExit(sealing.REFUSED_STATUS) from None
    _send(sealing.SEALED_LINE)
    while line := sys.stdin.buffer.readline(MAX_REQUEST_BYTES):
        sealing.allow_another_file()
        body = json.loads(line)
        answer = (
            _probed() if body == PROBE_REQUEST else answer_of(DecodeRequest.from_json(body), raw)
        )
        _send(json.dumps(answer).encode() + b"\n")
    os._exit(0)  # there is nothing to tidy up, and whoever waits need not wait for it


def _send(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _load_all(*, smooths: bool) -> None:
    """Import everything that libraries import at first use, since later no file can be opened."""
    import imagecodecs
    import numpy as np
    import tifffile

    for name in (*_CODECS, *_PREDICTORS):
        getattr(imagecodecs, name)
    for name in _ENCODINGS:
        codecs.lookup(name)
    small = np.arange(1024, dtype=np.uint8).reshape(32, 32)
    for values in (small, small.astype(np.uint16), small.astype(np.float32)):
        for compression in (None, "zlib", "zstd", "lzw"):
            kept = io.BytesIO()
            tifffile.imwrite(kept, values, compression=compression, predictor=bool(compression))
            kept.seek(0)
            with tifffile.TiffFile(kept) as tiff:
                tiff.pages[0].asarray(maxworkers=1)
    imagecodecs.png_decode(imagecodecs.png_encode(small))
    if smooths:
        from scipy.ndimage import gaussian_filter  # a quarter of a second that few need

        gaussian_filter(small.astype(np.float64), (1.0, 1.0))


def answer_of(request: DecodeRequest, raw: io.FileIO) -> AnswerJson:
    """Read the file of a descriptor; the answer holds whatever is wrong with it."""
    findings = Findings()
    # A new buffer for each file: the descriptor's bytes have changed.
    raw.seek(0)
    file = io.BufferedReader(raw)
    try:
        return with_remarks(read_slide_file(file, request, findings), findings)
    except SubmissionError as error:
        findings.merge(error)
    except MemoryError:
        detail = "Reading this file takes too much memory; use a higher level or a smaller type."
        findings.problem(ProblemCode.DECODER_STOPPED, detail, request.file)
    except Exception:  # noqa: BLE001 - image libraries raise anything at hostile bytes
        detail = "The file is damaged or not what its name says; write it anew."
        findings.problem(ProblemCode.BROKEN_IMAGE, detail, request.file)
    finally:
        file.detach()
    return with_remarks(empty_answer(), findings)


def _probed() -> dict[str, Any]:
    """Tell what this process can still do."""
    return {"opens_files": _can(_open_a_file), "opens_sockets": _can(_open_a_socket)}


def _can(act: Any) -> bool:
    try:
        act()
    except OSError:
        return False
    return True


def _open_a_file() -> None:
    os.close(os.open(__file__, os.O_RDONLY))


def _open_a_socket() -> None:
    socket.socket().close()
