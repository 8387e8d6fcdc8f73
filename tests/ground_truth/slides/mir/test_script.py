import subprocess
import sys
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile

from ground_truth.slides import mir
from tests.ground_truth.mask_strips import sha256, strip_digest, tiff_strips
from tests.ground_truth.mir_scripts import MASK, PATCH, run_mir
from tests.ground_truth.oracle_cases import hand_made_cases, random_cases, real_case
from tests.ground_truth.pyramids import smooth_picture, write_aperio, write_pyramid

HEAVY = ("openslide", "tifffile", "imagecodecs", "PIL", "scipy", "pandas", "evaluator", "webapp")


def run_snippet(folder: Path, text: str, behind: str = "") -> None:
    (folder / "snippet.py").write_text(text + behind)
    ran = run_mir("snippet.py", folder=folder)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def patch_of(folder: Path, slide: str) -> np.ndarray:
    run_snippet(
        folder,
        PATCH.format(slide=slide),
        "import numpy\nnumpy.save('patch.npy', image_patch)\n",
    )
    patch: np.ndarray = np.load(folder / "patch.npy")
    return patch


def write_blank_slide(path: Path, size: tuple[int, int]) -> None:
    """Write a slide of a size at 0.243 um that has no tile at all."""
    width, height = size
    count = -(-width // 2048) * -(-height // 2048)
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(
            iter([b""] * count),
            shape=(height, width, 3),
            dtype=np.uint8,
            tile=(2048, 2048),
            photometric="rgb",
            compression="lzw",
            resolution=(10_000 / 0.243, 10_000 / 0.243),
            resolutionunit="CENTIMETER",
            metadata=None,
        )


def test_the_page_of_the_data_reads_a_patch_as_openslide_does(tmp_path: Path) -> None:
    write_pyramid(tmp_path / "slide.tif", 3584, 3840)

    patch = patch_of(tmp_path, "slide.tif")

    with openslide.OpenSlide(tmp_path / "slide.tif") as slide:
        shown = slide.read_region((568 * 4, 732 * 4), 2, (300, 200))
    assert patch.shape == (200, 300, 3)
    assert patch.dtype == np.uint8
    np.testing.assert_array_equal(patch, np.asarray(shown)[:, :, :3])
    assert len(np.unique(patch)) > 100


def test_the_page_of_the_data_reads_a_patch_across_the_edge_of_a_slide(tmp_path: Path) -> None:
    base = smooth_picture(2816, 3072)
    levels = [base, base[::2, ::2], base[::4, ::4]]
    write_aperio(tmp_path / "slide.svs", *levels, mpp="0.25")

    patch = patch_of(tmp_path, "slide.svs")

    # Level 2 ends at column 704 and row 768.
    np.testing.assert_array_equal(patch[:36, :136], levels[2][732:768, 568:704])
    assert (patch[36:] == 255).all()
    assert (patch[:, 136:] == 255).all()


def test_the_page_of_the_data_makes_asaps_mask(shared: Path, tmp_path: Path) -> None:
    case = next(case for case in hand_made_cases(shared) if case.id == "09a")
    write_blank_slide(tmp_path / "slide.tif", case.size)

    run_snippet(
        tmp_path,
        MASK.format(slide="slide.tif", xml=str(case.xml), mask="mask.tif", is_camelyon17=False),
    )

    with tifffile.TiffFile(tmp_path / "mask.tif") as tiff:
        found = [sha256(page.asarray()) for page in tiff.pages]
    assert found == [digest for _, _, digest in case.levels]


@pytest.mark.parametrize(("wanted", "is_camelyon17"), [("f010", True), ("f064", True)])
def test_the_page_of_the_data_makes_asaps_masks_of_random_outlines(
    shared: Path,
    tmp_path: Path,
    wanted: str,
    is_camelyon17: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    case, expected = next(
        each for each in random_cases(shared, "asap_fuzz") if each[0].id == wanted
    )
    write_blank_slide(tmp_path / "slide.tif", case.size)

    run_snippet(
        tmp_path,
        MASK.format(
            slide="slide.tif", xml=str(case.xml), mask="mask.tif", is_camelyon17=is_camelyon17
        ),
    )

    np.testing.assert_array_equal(tifffile.imread(tmp_path / "mask.tif", level=0), expected)


@pytest.mark.parametrize(
    ("name", "is_camelyon17"), [("f_test_038", True), ("j_test_011", False), ("j_Tumor_107", False)]
)
def test_the_page_of_the_data_makes_asaps_masks_of_real_slides(
    shared: Path,
    tmp_path: Path,
    name: str,
    is_camelyon17: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    case, levels = real_case(shared, name)
    write_blank_slide(tmp_path / "slide.tif", case.size)

    run_snippet(
        tmp_path,
        MASK.format(
            slide="slide.tif", xml=str(case.xml), mask="mask.tif", is_camelyon17=is_camelyon17
        ),
    )

    mask = mir.MultiResolutionImageReader().open(tmp_path / "mask.tif")
    assert mask is not None
    assert mask.getSpacing() == (0.2430000097769535, 0.2430000097769535)
    with tifffile.TiffFile(tmp_path / "mask.tif") as tiff:
        for index, level in enumerate(levels):
            if "raster_sha256" in level:
                assert sha256(tiff.pages[index].asarray()) == level["raster_sha256"], index
            else:
                digest = strip_digest(tiff_strips(tiff, index))
                assert digest == level["nonzero_tiles_sha256"], index


def test_a_script_runs_as_the_main_program_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "beside.py").write_text("NAME = 'beside'\n")
    (tmp_path / "folder" / "script.py").write_text(
        "import sys, os, beside\n"
        "print(__name__, beside.NAME, sys.argv, os.path.basename(sys.path[0]))\n"
    )

    ran = run_mir("folder/script.py", "--level", "2", "-c", folder=tmp_path)

    assert (ran.returncode, ran.stderr) == (0, "")
    argv = ["folder/script.py", "--level", "2", "-c"]
    assert ran.stdout == f"__main__ beside {argv} folder\n"


def test_a_script_uses_this_package_even_beside_another_module(tmp_path: Path) -> None:
    (tmp_path / "multiresolutionimageinterface.py").write_text("raise ImportError\n")
    (tmp_path / "script.py").write_text(
        "import multiresolutionimageinterface as mir\nprint(mir.__name__, mir.UChar)\n"
    )

    ran = run_mir("script.py", folder=tmp_path)

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ground_truth.slides.mir 1\n", "")


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_processes_of_a_script_find_the_module_too(tmp_path: Path, method: str) -> None:
    write_pyramid(tmp_path / "slide.tif", 300, 200)
    (tmp_path / "script.py").write_text(
        "import multiprocessing\n"
        "import multiresolutionimageinterface as mir\n"
        "def width(path):\n"
        "    return mir.MultiResolutionImageReader().open(path).getDimensions()[0]\n"
        "if __name__ == '__main__':\n"
        f"    with multiprocessing.get_context('{method}').Pool(1) as pool:\n"
        "        print(pool.map(width, ['slide.tif'] * 2))\n"
    )

    ran = run_mir("script.py", folder=tmp_path)

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "[300, 300]\n", "")


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("import sys\nsys.exit(7)\n", 7, ""),
        ("raise SystemExit('no slide')\n", 1, "no slide\n"),
        ("raise KeyError('label')\n", 1, "KeyError: 'label'\n"),
        ("x = = 1\n", 1, "SyntaxError: invalid syntax\n"),
    ],
)
def test_errors_and_exit_codes_are_the_scripts_own(
    tmp_path: Path, text: str, code: int, words: str
) -> None:
    (tmp_path / "script.py").write_text(text)

    ran = run_mir("script.py", folder=tmp_path)

    assert (ran.returncode, ran.stdout) == (code, "")
    assert ran.stderr.endswith(words)


def test_a_text_is_run_with_its_arguments(tmp_path: Path) -> None:
    text = (
        "import sys\n"
        "import multiresolutionimageinterface as mir\n"
        "def f(): return sys.argv, __name__, mir.MultiResolutionImageReader().open('a.tif')\n"
        "print(f())"
    )

    ran = run_mir("-c", text, "x", folder=tmp_path)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "(['-c', 'x'], '__main__', None)\n"


@pytest.mark.parametrize("arguments", [[], ["-c"], ["gone.py"]])
def test_wrong_usage_is_told(tmp_path: Path, arguments: list[str]) -> None:
    ran = run_mir(*arguments, folder=tmp_path)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.endswith(
        "Runs a Python program that imports multiresolutionimageinterface without ASAP.\n"
    )
    assert ("gone.py is not there" in ran.stderr) == (arguments == ["gone.py"])


def test_importing_loads_no_heavy_library() -> None:
    program = (
        "import sys, ground_truth.slides.mir; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert found.stdout == "[]\n"


def test_every_name_that_is_offered_is_there() -> None:
    names = {"MultiResolutionImageReader", "AnnotationToMask", "DataType_UChar", "LZW"}

    assert names < set(mir.__all__)
    assert [name for name in mir.__all__ if not hasattr(mir, name)] == []
