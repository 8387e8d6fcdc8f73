"""Runs a script written for ASAP: ``python -m ground_truth.slides.mir SCRIPT.py [ARGUMENTS…]``."""

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from ground_truth.slides import mir

ASAP_MODULE = "multiresolutionimageinterface"
"""What scripts import."""

_STAND_IN = Path(__file__).parent / "stand_in"
_USAGE = """\
usage: python -m ground_truth.slides.mir SCRIPT.py [ARGUMENTS...]
       python -m ground_truth.slides.mir -c CODE [ARGUMENTS...]

Runs a Python program that imports multiresolutionimageinterface without ASAP.
"""
_WRONG_USAGE = 2


def _main(arguments: list[str]) -> None:
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(_USAGE)
    elif arguments[:1] == ["-c"] and len(arguments) > 1:
        _run_code(arguments[1], arguments[2:])
    elif arguments and Path(arguments[0]).is_file():
        _run_script(Path(arguments[0]), arguments[1:])
    else:
        missing = f"{arguments[0]} is not there\n" if arguments else ""
        sys.stderr.write(missing + _USAGE)
        sys.exit(_WRONG_USAGE)


def _run_script(path: Path, arguments: Sequence[str]) -> None:
    """Run a file as the main program; what it raises, exits with included, passes through."""
    _take_over([str(path), *arguments], str(path.resolve().parent))
    runpy.run_path(str(path), run_name="__main__")


def _run_code(code: str, arguments: Sequence[str]) -> None:
    """Run a text as the main program, as ``python -c`` does."""
    _take_over(["-c", *arguments], "")
    main = ModuleType("__main__")
    sys.modules["__main__"] = main
    exec(compile(code, "<string>", "exec"), main.__dict__)  # noqa: S102 - what -c is for


def _take_over(arguments: list[str], folder: str) -> None:
    """Make arguments, path of modules and ASAP's module what the program expects."""
    sys.argv[:] = arguments
    # The first entry is the place that this program was started from, unless Python runs safely.
    sys.path[: not sys.flags.safe_path] = [folder, str(_STAND_IN)]
    sys.modules[ASAP_MODULE] = mir


if __name__ == "__main__":
    _main(sys.argv[1:])
