"""Measures what `camelyon score`, `--help` and the front doors cost: CPU time and peak memory.

Each is a whole fresh process, imports included, and so is the yardstick that runs between them.
Without arguments it scores the golden detections against the real truth, both from the folder of
real data; the limit on time belongs to these.

    python -m benchmarks.score_lesions
    python -m benchmarks.score_lesions TRUTH SUBMISSION [--runs 7]
    python -m benchmarks.score_lesions TRUTH --rows 1000   # a made submission: rows a slide
"""

import argparse
import math
import random
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.annotation_files import data_folder, shared_folder
from benchmarks.fresh_process import FRESH_YARDSTICKS, Cost, run_command, time_fresh_yardstick
from benchmarks.judging import Figure, judge
from benchmarks.timing import REPEATS, in_turns, in_yardsticks
from ground_truth.types import Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import case_list, load_truth

MOST_SCORE = 7.0
MOST_HELP = 1.1
MOST_DOORS = 0.6
"""Fresh yardsticks."""
MOST_MIB = 300

COMMAND = (
    "import typer; from evaluator.commands import score; "
    "app = typer.Typer(); score.register(app); app()"
)


def main() -> None:
    """Run the commands and the yardstick in turns and hold them against the limits."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        truth, submission = _measured_pair(arguments, Path(folder))
        score = ["score", "--truth", str(truth), "--kind", "lesions", "--no-intervals"]
        program = [sys.executable, "-c", COMMAND, *score, str(submission)]
        most_score = MOST_SCORE if arguments.truth is None else math.inf
        judge(_figures(program, most_score, arguments.runs))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("truth", type=Path, nargs="?", help="directory of a truth version")
    parser.add_argument("submission", type=Path, nargs="?", help="a zip or folder")
    parser.add_argument("--rows", type=int, default=1000, help="detections a slide, when made")
    parser.add_argument("--runs", type=int, default=REPEATS)
    return parser.parse_args()


def _measured_pair(arguments: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Return the truth and the submission that were asked for, or the golden ones."""
    if arguments.truth is None:
        version = build_camelyon16(data_folder(), folder)
        return folder / version, shared_folder() / "oracles" / "froc" / "detections"
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


def _figures(score: list[str], most_score: float, runs: int) -> Iterator[Figure]:
    """Yield the CPU time of each command and the worst of its peaks."""
    commands = {
        "score": score,
        "--help": [sys.executable, "-m", "webapp.cli", "--help"],
        "import of both front doors": [sys.executable, "-c", "import evaluator, ground_truth"],
    }
    most = {"score": most_score, "--help": MOST_HELP, "import of both front doors": MOST_DOORS}
    costs: dict[str, list[Cost]] = {name: [] for name in commands}

    def seconds(name: str) -> float:
        costs[name].append(run_command(commands[name]))
        return costs[name][-1].cpu_seconds

    works = {name: partial(seconds, name) for name in commands}
    taken = in_turns({**works, "yardstick": time_fresh_yardstick}, runs)
    for name in commands:
        yield in_yardsticks(
            f"{name}, a fresh process",
            taken[name],
            taken["yardstick"],
            most[name],
            FRESH_YARDSTICKS,
        )
        peak_mib = max(cost.peak_mib for cost in costs[name])
        yield Figure(f"{name}, peak memory", peak_mib, "MiB", MOST_MIB)


if __name__ == "__main__":
    main()
