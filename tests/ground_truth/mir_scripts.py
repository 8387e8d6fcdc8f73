"""The two programs of CAMELYON17's page on its data, and how tests run programs without ASAP."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

PATCH = """\
import multiresolutionimageinterface as mir
reader = mir.MultiResolutionImageReader()
mr_image = reader.open({slide!r})
level = 2
ds = mr_image.getLevelDownsample(level)
image_patch = mr_image.getUCharPatch(int(568 * ds), int(732 * ds), 300, 200, level)
"""

MASK = """\
import multiresolutionimageinterface as mir
reader = mir.MultiResolutionImageReader()
mr_image = reader.open({slide!r})
annotation_list = mir.AnnotationList()
xml_repository = mir.XmlRepository(annotation_list)
xml_repository.setSource({xml!r})
xml_repository.load()
annotation_mask = mir.AnnotationToMask()
camelyon17_type_mask = {is_camelyon17}
label_map = {{'metastases': 1, 'normal': 2}} if camelyon17_type_mask else {{'_0': 1, '_1': 1, '_2': 0}}
conversion_order = ['metastases', 'normal'] if camelyon17_type_mask else  ['_0', '_1', '_2']
output_path = {mask!r}
annotation_mask.convert(annotation_list, output_path, mr_image.getDimensions(), mr_image.getSpacing(), label_map, conversion_order)
"""  # noqa: E501 - as it stands there


def run_mir(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``python -m ground_truth.slides.mir`` in a folder and return what came of it."""
    return subprocess.run(
        [sys.executable, "-m", "ground_truth.slides.mir", *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
