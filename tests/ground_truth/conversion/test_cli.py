import subprocess
import sys
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
from typer.testing import CliRunner, Result

from ground_truth.cli import app
from tests.builders import asap_xml, square, zip_file

PLAIN = asap_xml([("_0", square(99.5, 99.5, 300)), ("_2", square(199.5, 199.5, 50))])
RECIPE = ("--labels", "_0=1,_1=1,_2=0", "--order", "_0,_1,_2")
SIZE = ("--size", "1000", "800")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["mask", *(str(argument) for argument in arguments)])


@pytest.fixture
def xml(tmp_path: Path) -> Path:
    """Return an annotation file: a square of 300 pixels with a hole of 50."""
    path = tmp_path / "tumor_001.xml"
    path.write_text(PLAIN)
    return path


def area(path: Path, level: int = 0) -> int:
    with tifffile.TiffFile(path) as tiff:
        return int(np.count_nonzero(tiff.pages[level].asarray()))


def test_a_mask_has_the_labels_asked_for(xml: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"

    ran = run(xml, out, *SIZE, "--spacing", "0.25", *RECIPE)

    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")
    assert area(out) == 300 * 300 - 50 * 50
    assert area(out, 1) == 150 * 150 - 25 * 25
    with openslide.OpenSlide(out) as slide:
        assert slide.dimensions == (1000, 800)
        assert float(slide.properties[openslide.PROPERTY_NAME_MPP_X]) == 0.25


def test_without_labels_everything_is_one(xml: Path, tmp_path: Path) -> None:
    run(xml, tmp_path / "out.tif", *SIZE)

    assert area(tmp_path / "out.tif") == 300 * 300


def test_without_an_order_zero_does_not_erase(xml: Path, tmp_path: Path) -> None:
    run(xml, tmp_path / "out.tif", *SIZE, "--labels", "_0=7,_2=0")

    assert area(tmp_path / "out.tif") == 300 * 300


@pytest.mark.parametrize("codec", ["deflate", "zstd", "lzw"])
def test_codecs_and_density_are_options(xml: Path, tmp_path: Path, codec: str) -> None:
    out = tmp_path / "out.tif"

    ran = run(xml, out, *SIZE, *RECIPE, "--codec", codec, "--dense")

    assert ran.exit_code == 0
    assert area(out) == 300 * 300 - 50 * 50
    with tifffile.TiffFile(out) as tiff:
        assert min(tiff.pages[0].dataoffsets) > 0


def test_a_slide_gives_size_and_spacing(xml: Path, tmp_path: Path) -> None:
    slide = tmp_path / "anything.tif"
    run(xml, slide, *SIZE, "--spacing", "0.5")

    ran = run(xml, tmp_path / "out.tif", "--slide", slide)

    assert ran.exit_code == 0
    with openslide.OpenSlide(tmp_path / "out.tif") as made:
        assert made.dimensions == (1000, 800)
        assert float(made.properties[openslide.PROPERTY_NAME_MPP_X]) == 0.5


def test_a_slide_that_states_no_spacing_gives_its_size(xml: Path, tmp_path: Path) -> None:
    slide = tmp_path / "two words.tif"
    run(xml, slide, *SIZE)

    with_spacing = run(xml, tmp_path / "with.tif", "--slide", slide, "--spacing", "0.25")
    without = run(xml, tmp_path / "without.tif", "--slide", slide)

    assert (with_spacing.exit_code, without.exit_code) == (0, 0)
    with openslide.OpenSlide(tmp_path / "with.tif") as made:
        assert made.dimensions == (1000, 800)
        assert float(made.properties[openslide.PROPERTY_NAME_MPP_X]) == 0.25
    with openslide.OpenSlide(tmp_path / "without.tif") as made:
        assert openslide.PROPERTY_NAME_MPP_X not in made.properties


def test_a_slide_of_no_scanners_spacing_is_refused(xml: Path, tmp_path: Path) -> None:
    slide = tmp_path / "a.tif"
    run(xml, slide, *SIZE, "--spacing", "100")

    ran = run(xml, tmp_path / "out.tif", "--slide", slide)
    corrected = run(xml, tmp_path / "out.tif", "--slide", slide, "--spacing", "0.25")

    assert (ran.exit_code, corrected.exit_code) == (1, 0)
    assert "a.tif: a spacing of" in ran.stderr


HEADER = "slide,width,height,spacing_um,dimensions\n"
TABLE = HEADER + "".join(
    f"tumor_00{number},{width},{height},0.25,measured\n"
    for number, width, height in ((1, 1000, 800), (2, 900, 700))
)


def test_a_zip_becomes_a_folder_of_masks_over_processes(tmp_path: Path) -> None:
    source = zip_file(tmp_path / "all.zip", {"x/tumor_001.xml": PLAIN, "x/Tumor_002.xml": PLAIN})
    table = tmp_path / "sizes.csv"
    table.write_text(TABLE)

    ran = run(source, tmp_path / "masks", "--slide", table, *RECIPE, "--workers", "2")

    assert ran.exit_code == 0, ran.stderr
    assert sorted(path.name for path in (tmp_path / "masks").iterdir()) == [
        "tumor_001_mask.tif",
        "tumor_002_mask.tif",
    ]
    with tifffile.TiffFile(tmp_path / "masks" / "tumor_002_mask.tif") as tiff:
        assert tiff.pages[0].shape == (700, 900)


def test_failed_slides_are_all_named_and_do_not_stop_the_others(tmp_path: Path) -> None:
    source = tmp_path / "xml"
    source.mkdir()
    (source / "a.xml").write_text(PLAIN)
    (source / "b.xml").write_text(PLAIN[:-40])
    (source / "c.xml").write_text(PLAIN.replace('PartOfGroup="_2"', 'PartOfGroup="_7"', 1))
    (source / "d.xml").write_text(PLAIN)
    table = tmp_path / "sizes.csv"
    table.write_text(HEADER + "".join(f"{name},1000,800,0.25,measured\n" for name in "abc"))

    ran = run(source, tmp_path / "masks", "--slide", table)

    assert ran.exit_code == 1
    assert sorted(line.partition(":")[0] for line in ran.stderr.splitlines()) == [
        "b.xml",
        "c.xml",
        "d.xml",
    ]
    assert [path.name for path in (tmp_path / "masks").iterdir()] == ["a_mask.tif"]


@pytest.mark.parametrize(
    ("labels", "words"),
    [("_0=1", ":12: group '_2' has no label"), ("Tumor=1", ":4: group '_0' has no label")],
)
def test_a_group_without_a_label_is_refused_by_file_and_line(
    xml: Path, tmp_path: Path, labels: str, words: str
) -> None:
    ran = run(xml, tmp_path / "out.tif", *SIZE, "--labels", labels)

    assert ran.exit_code == 1
    assert f"tumor_001.xml{words}" in ran.stderr
    assert not (tmp_path / "out.tif").exists()


def test_read_as_asap_does_the_same_is_a_mask_of_zeros(xml: Path, tmp_path: Path) -> None:
    ran = run(xml, tmp_path / "out.tif", *SIZE, "--labels", "Tumor=1", "--asap")

    assert ran.exit_code == 0
    assert area(tmp_path / "out.tif") == 0


def test_annotations_in_no_group_are_told(tmp_path: Path) -> None:
    xml = tmp_path / "a.xml"
    xml.write_text(asap_xml([("None", square(9.5, 9.5, 30)), ("_0", square(99.5, 99.5, 30))]))

    ran = run(xml, tmp_path / "out.tif", *SIZE, "--labels", "_0=1")

    assert ran.exit_code == 0
    assert ran.stderr == "a.xml: 1 annotations in no group are left out\n"
    assert area(tmp_path / "out.tif") == 900


@pytest.mark.parametrize(
    "options",
    [
        (),
        (*SIZE, "--slide", "."),
        (*SIZE, "--labels", "_0"),
        (*SIZE, "--labels", "_0=1,_0=2"),
        (*SIZE, "--labels", "_0=256"),
        (*SIZE, "--order", "_0"),
        (*SIZE, "--labels", "_0=1", "--order", "_0,_1"),
        (*SIZE, "--labels", "_0=1,_1=1", "--order", "_0"),
        (*SIZE, "--spacing", "0"),
        (*SIZE, "--codec", "jpeg"),
        (*SIZE, "--slide", "/nowhere"),
    ],
)
def test_wrong_usage_is_told_apart(xml: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    assert run(xml, tmp_path / "out.tif", *options).exit_code == 2
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.parametrize("size", [("60000", "40"), ("0", "0"), ("2000000", "2000000")])
def test_a_size_that_no_mask_has_is_refused(
    xml: Path, tmp_path: Path, size: tuple[str, str]
) -> None:
    ran = run(xml, tmp_path / "out.tif", "--size", *size)

    assert ran.exit_code == 1
    assert ran.stderr.startswith("tumor_001.xml: ")


def test_the_folder_of_a_mask_is_made(xml: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "out.tif"

    assert run(xml, out, *SIZE).exit_code == 0
    assert area(out) == 300 * 300


def test_a_place_that_cannot_be_written_is_told(xml: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.touch()
    folder.mkdir()
    source = zip_file(tmp_path / "all.zip", {"t.xml": PLAIN})

    assert run(xml, file / "out.tif", *SIZE).stderr == f"{file}: File exists\n"
    assert run(xml, folder, *SIZE).stderr == f"{folder}: cannot be written: Is a directory\n"
    assert run(source, file, *SIZE).stderr == f"{file}: File exists\n"
    assert not list(folder.iterdir())


def test_a_mask_replaces_a_mask_but_never_what_it_is_made_from(xml: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    run(xml, out, *SIZE, "--spacing", "0.5")

    again = run(xml, out, *SIZE, "--spacing", "0.25", *RECIPE)
    onto_xml, onto_slide = run(xml, xml, *SIZE), run(xml, out, "--slide", out)

    assert (again.exit_code, onto_xml.exit_code, onto_slide.exit_code) == (0, 2, 2)
    assert "it is what the mask is made from" in onto_xml.stderr
    assert xml.read_text() == PLAIN
    assert area(out) == 300 * 300 - 50 * 50


def test_a_source_without_annotations_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "._tumor_001.xml").write_text("of another file system")

    ran = run(tmp_path / "empty", tmp_path / "masks", *SIZE)

    assert (ran.exit_code, ran.stderr) == (1, f"{tmp_path / 'empty'}: holds no XML file\n")


def test_one_file_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "my outlines!.xml").write_text(PLAIN)

    assert run(tmp_path / "my outlines!.xml", tmp_path / "out.tif", *SIZE).exit_code == 0


def test_an_image_that_cannot_be_measured_fails_its_own_mask_only(
    xml: Path, tmp_path: Path
) -> None:
    slides, source = tmp_path / "slides", tmp_path / "xml"
    for folder in (slides, source):
        folder.mkdir()
    for name in ("tumor_001", "tumor_002", "tumor_003"):
        (source / f"{name}.xml").write_text(PLAIN)
    run(xml, slides / "tumor_001.tif", *SIZE, "--spacing", "0.5")
    (slides / "tumor_002.tif").write_bytes(b"no image")
    (slides / "normal_001.tif").write_bytes(b"no image either, and not asked for")
    (slides / "._tumor_001.tif").write_bytes(b"of another file system")

    ran = run(source, tmp_path / "masks", "--slide", slides)

    assert ran.exit_code == 1
    assert ran.stderr.splitlines() == [
        "tumor_002.tif: OpenSlide cannot read it: Unsupported or missing image file",
        "tumor_003.xml: no size is known for tumor_003",
    ]
    assert [path.name for path in (tmp_path / "masks").iterdir()] == ["tumor_001_mask.tif"]


def test_an_image_whose_name_is_no_slides_is_told(xml: Path, tmp_path: Path) -> None:
    slides, source = tmp_path / "slides", tmp_path / "xml"
    for folder in (slides, source):
        folder.mkdir()
    xml.rename(source / xml.name)
    (slides / "copy of (1).tif").touch()

    ran = run(source, tmp_path / "masks", "--slide", slides)

    assert ran.exit_code == 1
    assert ran.stderr.startswith("copy of (1).tif: 'copy of (1).tif' is not a name")


def test_a_damaged_zip_and_two_files_of_one_slide_are_told(tmp_path: Path) -> None:
    twice = zip_file(tmp_path / "twice.zip", {"a/t.xml": PLAIN, "b/t.xml": PLAIN})

    ran = run(twice, tmp_path / "masks", *SIZE)

    assert ran.exit_code == 1
    assert "t has two annotation files" in ran.stderr


def test_a_zip_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    odd = zip_file(tmp_path / "odd.zip", {"a/two words.xml": PLAIN, "readme.txt": "none"})
    many = zip_file(tmp_path / "many.zip", {f"{number}.xml": "" for number in range(10_001)})
    broken = tmp_path / "broken.zip"
    content = bytearray(odd.read_bytes())
    content[content.index(b"PK\x01\x02")] = 0
    broken.write_bytes(content)

    problems = [run(each, tmp_path / "masks", *SIZE).stderr for each in (odd, many, broken)]

    assert problems[0].startswith("a/two words.xml: 'a/two words.xml' is not a name")
    assert problems[1] == "many.zip: has more than 10000 members\n"
    assert problems[2].startswith("broken.zip: not a readable zip: ")


def test_a_command_that_is_not_asked_for_masks_loads_no_codecs() -> None:
    code = (
        "import sys, ground_truth.cli; print('imagecodecs' in sys.modules, 'numpy' in sys.modules)"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["False", "False"]
