"""Lists what is fuzzed: every reader of outside bytes, with a few valid files to start from."""

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluator.archives.archive import open_zip
from evaluator.archives.names import slide_names
from evaluator.decoding import decode
from evaluator.errors import Findings, ProblemCode, SubmissionError
from evaluator.forms.detections import DetectionBounds, read_detections
from evaluator.forms.geojson import read_geojson
from evaluator.forms.geometry import SlideSize
from evaluator.forms.metadata import read_geometry_json, read_submission_toml
from evaluator.forms.slide_forms import DecodeRequest, Form
from evaluator.forms.slide_probabilities import read_slide_probabilities
from evaluator.forms.stages import read_stages
from evaluator.results.parameters import LesionParameters
from ground_truth.annotations.asap import read_annotations
from ground_truth.errors import TruthError
from ground_truth.reference.cases import CaseList, PatientCase, SlideCase
from ground_truth.types import Kind
from tests.builders import zip_file
from tests.evaluator.hostile_images import GOOD, npy, npz, png, tiff

SLIDE = SlideCase("test_001", 1600, 3200, 0.243, frozenset({Kind.LESIONS, Kind.SLIDES}))
PATIENT = PatientCase("patient_100", ("patient_100_node_0", "patient_100_node_1"))
CASES = CaseList("0" * 12, "camelyon16", (SLIDE,), (PATIENT,))
BOUNDS = DetectionBounds(1600, 3200, 1000)

Read = Callable[[bytes], object]

FILES_A_DECODER = 2000
_FORMS = {b"\x89P": Form.PNG, b"\x93N": Form.NPY, b"PK": Form.NPZ}

_POINT = b'{"type":"Feature","geometry":{"type":"Point","coordinates":[10,20]},'
_SCORE = b'"properties":{"measurements":[{"name":"Score","value":0.5}]}}'
_POLYGON = (
    b'[{"geometry":{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]},'
    b'"properties":{"measurements":{"p":0.5}}}]'
)
_XML = (
    b'<?xml version="1.0"?><ASAP_Annotations><Annotations><Annotation Name="a" Type="Polygon" '
    b'PartOfGroup="_0" Color="#F4FA58"><Coordinates><Coordinate Order="0" X="1" Y="2"/>'
    b'<Coordinate Order="1" X="30.5" Y="2"/><Coordinate Order="2" X="30" Y="40"/></Coordinates>'
    b'</Annotation></Annotations><AnnotationGroups><Group Name="_0" PartOfGroup="None" '
    b'Color="#00ff00"><Attributes/></Group></AnnotationGroups></ASAP_Annotations>'
)


@dataclass(frozen=True, slots=True)
class Parser:
    """A reader, opened once for many files, and the valid files that are mutated.

    It may raise SubmissionError, or TruthError for organisers' files, and nothing else.
    """

    opened: Callable[[], "Iterator[Read]"]
    seeds: tuple[bytes, ...]


def _plain(read: Callable[[bytes, Findings], object]) -> Callable[[], Iterator[Read]]:
    def opened() -> Iterator[Read]:
        yield lambda content: read(content, Findings())

    return opened


def _read_zip(content: bytes, findings: Findings) -> None:
    members = open_zip(io.BytesIO(content), 1, findings)
    for path in members.paths:
        members.read(path, 2**20)


def _confined() -> Iterator[Read]:
    """Read images by the decoder as in the service; its death is reported too."""
    usual = decode.FILES_A_DECODER
    decode.FILES_A_DECODER = FILES_A_DECODER
    n_read = 0
    with ExitStack() as stack:
        stack.callback(setattr, decode, "FILES_A_DECODER", usual)
        inner = stack.enter_context(ExitStack())
        reader = inner.enter_context(decode.decoder())

        def read(content: bytes) -> None:
            nonlocal n_read, reader
            n_read += 1
            if n_read % FILES_A_DECODER == 0:
                # A decoder has the time limit of one submission.
                inner.pop_all().close()
                reader = inner.enter_context(decode.decoder())
            reader.clear()
            reader.input.write(content)
            form = _FORMS.get(content[:2], Form.TIFF)
            answer = reader.read(DecodeRequest(form, "test_001.x", SlideSize(1600, 3200), 1000))
            if ProblemCode.DECODER_STOPPED in answer.counts:
                raise DecoderDied

        yield read


class DecoderDied(Exception):  # noqa: N818 - names what happened
    """A mutation ended the decoder or needed too much memory: confined, but counted."""


def _zip_seed() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        files = {"test_001.csv": "0.5,1,2\n", "a/b.csv": "x" * 100}
        return zip_file(Path(folder) / "seed.zip", files).read_bytes()


_SMALL = GOOD[:50, :25]
PARSERS: dict[str, Parser] = {
    "detections": Parser(
        _plain(lambda content, found: read_detections(content, BOUNDS, "a.csv", found)),
        (b"0.5,1,2\n0.25,30,40\n", b"p;x;y\n0.5;1.5;2e1\n", b'"score","x","y"\r\n".5","1","2"\r\n'),
    ),
    "stages": Parser(
        _plain(lambda content, found: read_stages(content, CASES, "a.csv", found)),
        (b"patient,stage\npatient_100.zip,pN0(i+)\npatient_100_node_0.tif,itc\n",),
    ),
    "slides": Parser(
        _plain(
            lambda content, found: read_slide_probabilities(
                content, slide_names(CASES, Kind.SLIDES), "a.csv", found
            )
        ),
        (b"image,probability\ntest_001.tif,0.5\n", b"test_001\t0.5\n"),
    ),
    "geojson": Parser(
        _plain(lambda content, found: read_geojson(content, BOUNDS, None, "a.geojson", found)),
        (
            b'{"type":"FeatureCollection","features":[' + _POINT + _SCORE + b"]}",
            _POLYGON,
        ),
    ),
    "metadata": Parser(
        _plain(lambda content, found: read_geometry_json(content, "a.json", found)),
        (b'{"stride_x": 64, "stride_y": 64.5, "axes": "yx"}',),
    ),
    "toml": Parser(
        _plain(lambda content, found: read_submission_toml(content, LesionParameters(), found)),
        (b"[heatmap]\nstride_x = 64\nstride_y = 64\n[suppression]\nsigma = 5\nties = 'first'\n",),
    ),
    "zip": Parser(_plain(_read_zip), (_zip_seed(), npz(a=_SMALL))),
    "image": Parser(
        _confined,
        (
            png(_SMALL),
            tiff(_SMALL, compression="zlib"),
            tiff(_SMALL, compression="lzw", tile=(16, 16)),
            tiff((_SMALL / 255).astype(np.float32), compression="zstd", predictor=True),
            npy(_SMALL),
            npz(a=_SMALL),
        ),
    ),
    "xml": Parser(_plain(lambda content, _: read_annotations(content, "a.xml")), (_XML,)),
}
ALLOWED = (SubmissionError, TruthError)


@contextmanager
def opened(parser: Parser) -> Iterator[Read]:
    """Open a parser for many files."""
    reads = parser.opened()
    try:
        yield next(reads)
    finally:
        reads.close()  # type: ignore[attr-defined] # it is a generator
