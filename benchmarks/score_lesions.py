"""Measures what `camelyon score --kind lesions` and `--help` cost: CPU seconds and peak memory.

Each figure is of a whole fresh process, imports included. Without arguments it scores the golden
detections against the real truth, both from the folder of real data.

    python benchmarks/score_lesions.py
    python benchmarks/score_lesions.py TRUTH SUBMISSION [--runs 5]
    python benchmarks/score_lesions.py TRUTH --rows 1000   # a made submission: rows a slide
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from ground_truth.types import Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import case_list, load_truth

LIMIT_CPU_SECONDS = 2.5
LIMIT_MIB = 300
HELP_LIMIT_CPU_SECONDS = 0.5

BESIDE = Path(__file__).resolve().parents[2] / "shared"
SHARED = Path(os.environ.get("CAMELYON_SHARED", BESIDE))

COMMAND = (
    "import typer; from evaluator.commands import score; "
    "app = typer.Typer(); score.register(app); app()"
)
MEASURE = (
    "import os, subprocess, sys\n"
    "done = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)\n"
    "done.stdout.read()\n"
    "_, status, usage = os.wait4(done.pid, 0)\n"
    "print(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)\n"
)


def main() -> None:
    """Run the commands several times and print medians and worst figures."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        truth, submission = _measured_pair(arguments, Path(folder))
        score = ["score", "--truth", str(truth), "--kind", "lesions", "--no-intervals"]
        program = [sys.executable, "-c", COMMAND]
        scoring = _measured([*program, *score, str(submission)], arguments.runs)
    helping = _measured([sys.executable, "-m", "webapp.cli", "--help"], arguments.runs)
    kept = [
        _told("score", scoring, LIMIT_CPU_SECONDS),
        _told("--help", helping, HELP_LIMIT_CPU_SECONDS),
    ]
    sys.exit(0 if all(kept) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("truth", type=Path, nargs="?", help="directory of a truth version")
    parser.add_argument("submission", type=Path, nargs="?", help="a zip or folder")
    parser.add_argument("--rows", type=int, default=1000, help="detections a slide, when made")
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


def _measured_pair(arguments: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Return the truth and the submission that were asked for, or the golden ones."""
    if arguments.truth is None:
        version = build_camelyon16(SHARED / "data" / "camelyon16", folder)
        return folder / version, SHARED / "oracles" / "froc" / "detections"
    made = folder / "made.zip"
    return arguments.truth, arguments.submission or _made(arguments.truth, arguments.rows, made)


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


def _measured(command: list[str], runs: int) -> tuple[list[float], list[float]]:
    """Return CPU seconds and peak mebibytes of each run."""
    seconds, mebibytes = [], []
    for _ in range(runs):
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True
        )
        status, cpu, memory = done.stdout.split()
        assert status == "0", done.stderr
        seconds.append(float(cpu))
        mebibytes.append(float(memory))
    return seconds, mebibytes


def _told(what: str, measured: tuple[list[float], list[float]], limit_cpu_seconds: float) -> bool:
    """Print one command's figures; tell whether they are within the limits."""
    seconds, mebibytes = measured
    is_kept = max(seconds) <= limit_cpu_seconds and max(mebibytes) < LIMIT_MIB
    print(
        f"{what}: CPU seconds median {statistics.median(seconds):.2f}, worst {max(seconds):.2f} "
        f"(limit {limit_cpu_seconds}); peak {max(mebibytes):.0f} MiB (limit {LIMIT_MIB}): "
        + ("kept" if is_kept else "BROKEN")
    )
    return is_kept


if __name__ == "__main__":
    main()
