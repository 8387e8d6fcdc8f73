import re
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile

from ground_truth.slides import mir
from tests.builders import asap_xml, square
from tests.conftest import ROOT
from tests.ground_truth.mir_scripts import run_mir
from tests.ground_truth.pyramids import write_pyramid

PAGE = ROOT / "docs" / "mir.md"
BLOCK = re.compile(r"^## (\w+)\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run_example(heading: str, folder: Path) -> str:
    """Run the example under a heading of the page and return what it prints."""
    (folder / "script.py").write_text(dict(BLOCK.findall(PAGE.read_text("utf-8")))[heading])
    ran = run_mir("script.py", folder=folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files that the examples read."""
    write_pyramid(tmp_path / "slide.tif", 1024, 1024)
    outlines = [("metastases", square(100, 100, 60)), ("normal", square(120, 120, 20))]
    (tmp_path / "annotations.xml").write_text(asap_xml(outlines, ("metastases", "normal")))
    return tmp_path


def test_every_example_of_the_page_is_run() -> None:
    text = PAGE.read_text("utf-8")

    assert [heading for heading, _ in BLOCK.findall(text)] == ["Patches", "Masks", "Heatmaps"]
    assert text.count("```python") == 3
    assert text.count("```sh") == 1


def test_the_command_is_the_one_that_is_run() -> None:
    command = "python -m ground_truth.slides.mir SCRIPT.py [ARGUMENTS…]"

    assert f"```sh\n{command}\n```" in PAGE.read_text("utf-8")
    assert run_mir("--help", folder=ROOT).stdout.startswith(
        f"usage: {command.replace('…', '...')}\n"
    )


def test_the_example_of_a_patch_prints_its_shape(folder: Path) -> None:
    assert run_example("Patches", folder) == "(200, 300, 3) uint8\n"


def test_the_example_of_a_mask_paints_both_groups(folder: Path) -> None:
    run_example("Masks", folder)

    with openslide.OpenSlide(folder / "mask.tif") as mask:
        row = np.asarray(mask.read_region((95, 130), 0, (70, 1)))[0, :, 0]
    # Both ends of a square of whole numbers are left out: columns 101 to 159 and 121 to 139.
    expected = np.zeros(70, dtype=np.uint8)
    expected[6:65] = 1
    expected[26:45] = 2
    assert row.tolist() == expected.tolist()


def test_the_example_of_a_heatmap_writes_one(folder: Path) -> None:
    run_example("Heatmaps", folder)

    with tifffile.TiffFile(folder / "heatmap.tif") as tiff:
        assert [page.shape for page in tiff.pages] == [
            (1300, 1500),
            (650, 750),
            (325, 375),
        ]
        values = tiff.pages[0].asarray()
    image = mir.MultiResolutionImageReader().open(folder / "heatmap.tif")
    assert image is not None
    assert image.getSpacing() == pytest.approx((0.972, 0.972), rel=1e-6)
    assert values[1299, [0, 511, 512, 1499]].tolist() == [
        0.0,
        0.0,
        np.float32(512 / 1500),
        np.float32(1024 / 1500),
    ]
