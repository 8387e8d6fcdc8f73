import subprocess
import sys

SLOW = ("sklearn", "scipy", "pandas", "tifffile", "imagecodecs", "openslide")
"""Libraries that only scoring needs, and that take half a second or more to import."""


def test_the_web_process_loads_no_library_of_scoring() -> None:
    program = (
        "import sys, webapp.processes.wsgi; "
        f"print('loaded', [name for name in {SLOW!r} if name in sys.modules])"
    )

    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert found.stdout == "loaded []\n"
