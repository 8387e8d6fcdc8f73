"""Writes the synthetic slides as a CAMELYON16 folder: images, ASAP XML, reference table."""

import csv
import io
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from webapp.demo.data_sets.pyramids import N_LEVELS, TILE_PX, write_pyramid
from webapp.demo.data_sets.scenes import Lesion, Scene, draw_scenes
from webapp.demo.data_sets.shapes import outline
from webapp.demo.data_sets.textures import make_textures

IMAGES_FOLDER = "images"
"""Folder of the slides, beside the annotations as in the published data set."""

_PX_PER_VERTEX = 60.0
_GROUP_COLOURS = {"_0": "#00ff00", "_1": "#ffff00", "_2": "#ff0000"}
_ZIP_TIME = (2016, 4, 13, 0, 0, 0)
"""A fixed time, so that equal annotations give equal bytes."""


def write_camelyon16(folder: Path, seed: int, n_threads: int) -> None:
    """Write ``folder/testing`` with slides, annotations and reference; equal seeds, equal files."""
    scenes = draw_scenes(seed)
    testing = folder / "testing"
    (testing / IMAGES_FOLDER).mkdir(parents=True, exist_ok=True)
    textures = make_textures(np.random.default_rng(seed), N_LEVELS, TILE_PX)
    with ThreadPoolExecutor(n_threads) as pool:
        paths = [testing / IMAGES_FOLDER / f"{scene.slide}.tif" for scene in scenes]
        for done in [
            pool.submit(write_pyramid, path, scene, textures)
            for path, scene in zip(paths, scenes, strict=True)
        ]:
            done.result()
    _write_annotations(testing / "lesion_annotations.zip", scenes)
    (testing / "reference.csv").write_text(_reference(scenes), encoding="utf-8")


def annotation_xml(scene: Scene) -> str:
    """Return the slide's outlines in ASAP's format, lesions before cut-outs."""
    lines = ['<?xml version="1.0"?>', "<ASAP_Annotations>", "\t<Annotations>"]
    for number, lesion in enumerate((*scene.lesions, *scene.cut_outs)):
        lines.extend(_annotation(number, lesion))
    lines += ["\t</Annotations>", "\t<AnnotationGroups>"]
    for group, colour in _GROUP_COLOURS.items():
        lines += [
            f'\t\t<Group Name="{group}" PartOfGroup="None" Color="{colour}">',
            "\t\t\t<Attributes />",
            "\t\t</Group>",
        ]
    return "\n".join([*lines, "\t</AnnotationGroups>", "</ASAP_Annotations>", ""])


def _annotation(number: int, lesion: Lesion) -> Iterable[str]:
    perimeter_px = 2.0 * np.pi * max(lesion.blob.radius_x, lesion.blob.radius_y)
    vertices = outline(lesion.blob, max(24, round(perimeter_px / _PX_PER_VERTEX)))
    yield (
        f'\t\t<Annotation Name="Annotation {number}" Type="Polygon"'
        f' PartOfGroup="{lesion.group}" Color="#F4FA58">'
    )
    yield "\t\t\t<Coordinates>"
    for order, (x, y) in enumerate(vertices.tolist()):
        yield f'\t\t\t\t<Coordinate Order="{order}" X="{x}" Y="{y}" />'
    yield "\t\t\t</Coordinates>"
    yield "\t\t</Annotation>"


def _write_annotations(path: Path, scenes: Iterable[Scene]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for scene in scenes:
            if scene.lesions:
                entry = zipfile.ZipInfo(f"{scene.slide}.xml", _ZIP_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, annotation_xml(scene))


def _reference(scenes: Iterable[Scene]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("image", "type", "tumor_type", "metastasis"))
    for scene in scenes:
        label = "normal" if scene.category == "none" else "tumor"
        table.writerow((f"{scene.slide}.tif", label, "IDC", scene.category))
    return text.getvalue()
