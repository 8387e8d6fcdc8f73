"""Lists the forms that a slide's file may have, and defines the request to read one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from evaluator.forms.geometry import SlideSize
from evaluator.forms.metadata import GeometryJson
from evaluator.results import Suppression, Ties


class Form(StrEnum):
    """What a slide's file is; detection CSVs are read without a decoder."""

    DETECTIONS = "detections"
    PNG = "png"
    TIFF = "tiff"
    NPY = "npy"
    NPZ = "npz"
    PATCHES = "patches"
    GEOJSON = "geojson"


HEATMAP_FORMS: frozenset[Form] = frozenset({Form.PNG, Form.TIFF, Form.NPY, Form.NPZ})

FORM_OF_SUFFIX = {
    ".csv": Form.DETECTIONS,
    ".png": Form.PNG,
    ".tif": Form.TIFF,
    ".tiff": Form.TIFF,
    ".npy": Form.NPY,
    ".npz": Form.NPZ,
    ".geojson": Form.GEOJSON,
}
"""A CSV is a patch grid where its metadata say so."""

PROBE_REQUEST = "probe"
"""Request that asks a decoder what it can still do, instead of reading a file."""

SMOOTHS, DOES_NOT_SMOOTH = "smooths", "does-not-smooth"
"""Arguments that tell a decoder at its start whether it needs a Gaussian."""

MAX_BYTES_OF_FORM = {Form.PATCHES: 16 * 2**20, Form.GEOJSON: 64 * 2**20}
"""Size limit of one file, for forms whose limit is below that of any member."""


@dataclass(frozen=True, slots=True)
class DecodeRequest:
    """One file to read, and everything that reading it depends on.

    Attributes
    ----------
    told : GeometryJson
        Geometry of the slide from metadata outside the file.
    most : int
        Number of detections that are kept, or for GeoJSON allowed.
    """

    form: Form
    file: str
    size: SlideSize
    most: int
    suppression: Suppression = field(default_factory=Suppression)
    told: GeometryJson = field(default_factory=dict)
    measurement: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "DecodeRequest":
        """Rebuild what `to_json` gave."""
        suppression = dict(body["suppression"])
        suppression["ties"] = Ties(suppression["ties"])
        return cls(
            form=Form(body["form"]),
            file=body["file"],
            size=SlideSize(**body["size"]),
            most=body["most"],
            suppression=Suppression(**suppression),
            told=body["told"],
            measurement=body["measurement"],
        )
