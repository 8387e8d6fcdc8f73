"""Small makers of sources for tests: ASAP XML text, reference tables, tiny data set folders."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Ring = Sequence[tuple[float, float]]

TUMOUR_GROUPS = ("_0", "_1", "_2")


def square(x: float, y: float, side: float) -> Ring:
    """Return the ring of an upright square with its top left corner at level-0 (x, y)."""
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def asap_xml(annotations: Iterable[tuple[str, Ring]], groups: Iterable[str] = TUMOUR_GROUPS) -> str:
    """Return the text of an ASAP file from (group, ring) pairs; every line holds one element."""
    lines = ['<?xml version="1.0"?>', "<ASAP_Annotations>", "<Annotations>"]
    for index, (group, ring) in enumerate(annotations):
        lines.append(
            f'<Annotation Name="Annotation {index}" Type="Polygon" PartOfGroup="{group}"'
            ' Color="#F4FA58">'
        )
        lines.append("<Coordinates>")
        lines.extend(
            f'<Coordinate Order="{order}" X="{x}" Y="{y}" />' for order, (x, y) in enumerate(ring)
        )
        lines += ["</Coordinates>", "</Annotation>"]
    lines += ["</Annotations>", "<AnnotationGroups>"]
    lines.extend(
        f'<Group Name="{group}" PartOfGroup="None" Color="#00ff00"><Attributes /></Group>'
        for group in groups
    )
    return "\n".join([*lines, "</AnnotationGroups>", "</ASAP_Annotations>", ""])


def csv_text(header: Sequence[object], *rows: Sequence[object]) -> str:
    """Return comma-separated text; an empty header is left out."""
    lines = [header, *rows] if header else rows
    return "".join(",".join(map(str, row)) + "\n" for row in lines)


def zip_file(path: Path, members: Mapping[str, str | bytes]) -> Path:
    """Write a zip with these members and return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def camelyon16_folder(
    folder: Path,
    *,
    spacing_um: float = 0.243,
    dimensions: str = "measured",
    annotations: Mapping[str, str] | None = None,
) -> Path:
    """Write a CAMELYON16-like source: two tumour and two normal slides of 8192 x 8192 pixels.

    test_001 has one lesion (a square of 1600 pixels at (1600, 1600)) and one ITC-sized region,
    test_002 one lesion with a cut-out; test_003 and test_004 are normal.
    """
    split = folder / "testing"
    split.mkdir(parents=True)
    outlines = annotations or {
        "test_001.xml": asap_xml(
            [("_0", square(1600, 1600, 1600)), ("_1", square(5120, 5120, 320))]
        ),
        "test_002.xml": asap_xml(
            [("_0", square(3200, 3200, 2400)), ("_2", square(4000, 4000, 800))]
        ),
    }
    zip_file(split / "lesion_annotations.zip", outlines)
    (split / "reference.csv").write_text(
        csv_text(
            ("image", "type", "tumor_type", "metastasis"),
            ("test_001.tif", "tumor", "IDC", "macro"),
            ("test_002.tif", "tumor", "ILC", "micro"),
            ("test_003.tif", "normal", "DCIS", "none"),
            ("test_004.tif", "normal", "IDC", "none"),
        )
    )
    names = ("test_001", "test_002", "test_003", "test_004")
    (split / "slides.csv").write_text(
        csv_text(
            ("slide", "width", "height", "spacing_um", "dimensions"),
            *((name, 8192, 8192, spacing_um, dimensions) for name in names),
        )
    )
    return folder


def camelyon17_stages(folder: Path) -> Path:
    """Write a stages.csv of two patients with five nodes each and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [("patient_000.zip", "pN0", 0)]
    rows += [(f"patient_000_node_{node}.tif", "negative", 0) for node in range(5)]
    rows += [("patient_020.zip", "pN1", 1), ("patient_020_node_0.tif", "macro", 1)]
    rows += [(f"patient_020_node_{node}.tif", "negative", 1) for node in range(1, 5)]
    path = folder / "stages.csv"
    path.write_text(csv_text(("patient", "stage", "center"), *rows))
    return path
