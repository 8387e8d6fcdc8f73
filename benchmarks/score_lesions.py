"""Measures what `camelyon score --kind lesions` costs: CPU seconds and peak memory.

Each figure is of a whole fresh process, imports included.

    python benchmarks/score_lesions.py TRUTH SUBMISSION [--runs 5]
    python benchmarks/score_lesions.py TRUTH --rows 1000   # a made submission: rows a slide
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from ground_truth.types import Kind
from ground_truth.version import case_list, load_truth

LIMIT_CPU_SECONDS = 2.5
LIMIT_MIB = 300

COMMAND = "import typer; from evaluator import cli; app = typer.Typer(); cli.register(app); app()"
MEASURE = (
    "import os, subprocess, sys\n"
    "done = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)\n"
    "output = done.stdout.read()\n"
    "_, status, usage = os.wait4(done.pid, 0)\n"
    "print(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)\n"
    "print(output.decode().splitlines()[0])\n"
)


def main() -> None:
    """Run the command several times and print the median and the worst."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        submission = arguments.submission or _made(
            arguments.truth, arguments.rows, Path(folder) / "made.zip"
        )
        seconds, mebibytes, output = _measured(arguments.truth, submission, arguments.runs)
    print(output)
    print(f"CPU seconds: median {statistics.median(seconds):.2f}, worst {max(seconds):.2f}")
    print(f"peak memory: worst {max(mebibytes):.0f} MiB")
    within = max(seconds) <= LIMIT_CPU_SECONDS and max(mebibytes) < LIMIT_MIB
    print(f"limits {LIMIT_CPU_SECONDS} s, {LIMIT_MIB} MiB: {'kept' if within else 'BROKEN'}")
    sys.exit(0 if within else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("truth", type=Path, help="directory of a truth version")
    parser.add_argument("submission", type=Path, nargs="?", help="a zip or folder")
    parser.add_argument("--rows", type=int, default=1000, help="detections a slide, when made")
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


def _made(truth: Path, rows: int, target: Path) -> Path:
    """Write a zip with the same number of random detections for every slide."""
    chance = random.Random(0)  # noqa: S311 - a seed, so that runs can be compared
    slides = [case for case in case_list(load_truth(truth)).slides if Kind.LESIONS in case.kinds]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for case in slides:
            lines = (
                f"{chance.random():.6f},{chance.randrange(60_000)},{chance.randrange(60_000)}\n"
                for _ in range(rows)
            )
            archive.writestr(f"{case.slide}.csv", "".join(lines))
    return target


def _measured(truth: Path, submission: Path, runs: int) -> tuple[list[float], list[float], str]:
    command = [sys.executable, "-c", COMMAND, "score", "--truth", str(truth), "--kind", "lesions"]
    seconds, mebibytes, output = [], [], ""
    for _ in range(runs):
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-c", MEASURE, *command, "--no-intervals", str(submission)],
            capture_output=True,
            text=True,
            check=True,
        )
        figures, output = done.stdout.splitlines()
        status, cpu, memory = figures.split()
        assert status == "0", output
        seconds.append(float(cpu))
        mebibytes.append(float(memory))
    return seconds, mebibytes, output


if __name__ == "__main__":
    main()
