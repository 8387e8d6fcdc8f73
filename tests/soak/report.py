"""Writes what a soak showed: as lines, as JSON, and into the page of documentation."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

STACK_NAMES = {
    "S": "`camelyon serve`: SQLite, embedded broker, one worker",
    "P": "two web processes, two workers, beat, PostgreSQL, broker with an append-only file",
}
PROBLEMS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Report:
    """What a soak showed; ``problems`` decide whether it passed, figures decide nothing.

    Attributes
    ----------
    skipped : dict of str to str
        What was not done or not checked, with the reason.
    history : sequence of mapping
        When each fault began and ended, to be laid beside the programs' logs.
    """

    stack: str
    seed: int
    seconds: int
    faults: Mapping[str, int]
    faults_without_effect: Mapping[str, int]
    figures: Mapping[str, Any]
    statuses: Mapping[str, Mapping[str, int]]
    times: Mapping[str, Mapping[str, float]]
    problems: Mapping[str, list[str]]
    skipped: Mapping[str, str]
    history: Sequence[Mapping[str, Any]] = ()

    @property
    def has_passed(self) -> bool:
        """Tell whether no promise was broken."""
        return not any(self.problems.values())

    @property
    def n_faults(self) -> int:
        """Return how many faults took effect."""
        return sum(self.faults.values())


def lines_of(report: Report) -> Iterator[str]:
    """Yield the report for a terminal."""
    yield f"stack {report.stack}, seed {report.seed}, {report.seconds} s of faults"
    counts = ", ".join(f"{count} {name}" for name, count in sorted(report.faults.items()))
    yield f"faults in effect: {report.n_faults} ({counts})"
    without = ", ".join(f"{n} {name}" for name, n in sorted(report.faults_without_effect.items()))
    yield f"without effect: {without or 'none'}"
    yield from (f"{name}: {value}" for name, value in report.figures.items())
    for name, found in report.statuses.items():
        yield f"answers to {name}: " + ", ".join(f"{n} x {status}" for status, n in found.items())
    for name, times in report.times.items():
        yield f"time of {name}: " + ", ".join(f"{key} {value}" for key, value in times.items())
    yield from (f"skipped: {name} ({reason})" for name, reason in report.skipped.items())
    for name, problems in report.problems.items():
        yield f"{name}: {len(problems)}"
        yield from (f"    {problem}" for problem in problems[:PROBLEMS_SHOWN])
    yield "passed" if report.has_passed else f"FAILED; repeat with --seed {report.seed}"


def write_json(report: Report, path: Path) -> None:
    """Write the whole report."""
    path.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")


def write_into_page(report: Report, page: Path) -> None:
    """Replace the stack's section of the page.

    Raises
    ------
    ValueError
        If the page has no such section.
    """
    begin, end = (f"<!-- soak {report.stack}: {word} -->" for word in ("begin", "end"))
    section = "\n".join([begin, *_page_lines(report), end])
    old = page.read_text(encoding="utf-8")
    pattern = re.escape(begin) + r".*?" + re.escape(end)
    new, count = re.subn(pattern, lambda _: section, old, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{page.name} has {count} sections {begin}")
    page.write_text(new, encoding="utf-8")


def _page_lines(report: Report) -> Iterator[str]:
    yield f"### {report.stack}: {STACK_NAMES[report.stack]}"
    yield ""
    yield f"{report.seconds} s of faults, seed {report.seed}."
    yield ""
    yield "| fault | in effect |"
    yield "|---|---:|"
    yield from (f"| {name} | {count} |" for name, count in sorted(report.faults.items()))
    yield ""
    yield "| figure | |"
    yield "|---|---:|"
    yield from (f"| {name} | {value} |" for name, value in report.figures.items())
    for name, times in report.times.items():
        if times.get("n"):
            yield f"| {name}, p50 / p99 | {times['p50_seconds']} / {times['p99_seconds']} s |"
    yield ""
    yield "| check | problems |"
    yield "|---|---:|"
    yield from (f"| {name} | {len(problems)} |" for name, problems in report.problems.items())
    yield from (f"\nNot checked: {name} ({reason})." for name, reason in report.skipped.items())
