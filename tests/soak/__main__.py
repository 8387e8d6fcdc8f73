"""Harms a running service at random for minutes, and checks that it kept every promise.

    python -m tests.soak --stack S|P [--seconds 300] [--seed N] [--faults all|CI|overtaking]
                         [--without-fence] [--write-docs] [--folder FOLDER]

Ends with 1 if anything was lost, doubled, stuck or wrong, or if an answer was 500. The report is
printed, and written as JSON into the folder beside the ledger and the programs' logs.
``--without-fence`` takes the guard against late commits out and wakes workers after their lease:
it must end with 1, and the same with ``--faults overtaking``, which leaves the guard in, with 0.
"""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from tests.soak.conducting import FAULTS
from tests.soak.plan import Plan
from tests.soak.process_faults import OVERTAKING
from tests.soak.report import lines_of, write_into_page, write_json
from tests.soak.run import soak
from tests.soak.stacks import separate_mounts
from webapp.settings import NO_FENCE, PAUSE_PER_SLIDE

FAULTS_LEFT_OUT_IN_CI = ("broker stopped 3 or 30 s", "disk nearly full")
"""One can last longer than the short soak, the other needs a file system of its own."""

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def main() -> None:
    """Soak as the command line says."""
    arguments = _arguments()
    separate_mounts()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    report = soak(_plan(arguments), folder)
    for line in lines_of(report):
        sys.stdout.write(line + "\n")
    write_json(report, folder / "report.json")
    sys.stdout.write(f"report, ledger and logs: {folder}\n")
    if arguments.write_docs:
        write_into_page(report, PAGE)
    sys.exit(0 if report.has_passed else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--stack", choices=("S", "P"), required=True)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--faults", choices=("all", "CI", "overtaking"), default="all")
    parser.add_argument("--folder", type=Path)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--without-fence", action="store_true")
    kind.add_argument("--write-docs", action="store_true")
    return parser.parse_args()


def _plan(arguments: argparse.Namespace) -> Plan:
    if arguments.without_fence or arguments.faults == "overtaking":
        pause = f"{PAUSE_PER_SLIDE}=1.0"
        return Plan(
            arguments.stack,
            arguments.seconds,
            arguments.seed,
            (OVERTAKING,),
            lease_seconds=3.0,
            longest_pause_seconds=3.0,
            switches=f"{NO_FENCE},{pause}" if arguments.without_fence else pause,
            most_waiting=3,
            worker_processes=1,
            has_second_worker=True,
        )
    if arguments.faults == "CI":
        return Plan(
            arguments.stack,
            arguments.seconds,
            arguments.seed,
            [fault for fault in FAULTS if fault.name not in FAULTS_LEFT_OUT_IN_CI],
            lease_seconds=4.0,
            longest_pause_seconds=3.0,
        )
    return Plan(arguments.stack, arguments.seconds, arguments.seed, FAULTS)


if __name__ == "__main__":
    main()
