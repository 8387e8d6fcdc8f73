import subprocess
import sys

HEAVY = ("scipy", "tifffile", "imagecodecs", "sklearn", "pandas", "PIL")


def test_reading_and_decoding_need_no_heavy_library_in_the_worker() -> None:
    program = (
        "import sys, evaluator.submissions.checking, evaluator.decoding.decode; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert found.stdout == "[]\n"
