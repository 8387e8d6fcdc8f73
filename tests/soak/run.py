"""Runs one soak: service, clients, harm, quiet, checks."""

import random
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.soak import contest
from tests.soak.clients import PATIENCE_SECONDS, Course, Submitter
from tests.soak.conducting import Conductor
from tests.soak.evidence import gather
from tests.soak.findings import Seen, report_of
from tests.soak.harm import Scene
from tests.soak.ledger import Ledger, read_ledger
from tests.soak.measures import Measures
from tests.soak.plan import QUIET_SECONDS, Plan
from tests.soak.readers import Reader
from tests.soak.report import Report
from tests.soak.sampling import Sampler, wait_until_nothing_waits
from tests.soak.stacks import Stack, separate_stack, serving_stack
from webapp.settings import NO_FENCE

SUBMITTERS = 6
READERS = 2
_SWEEP_SECONDS = "5"
_LATE_COMMIT_SECONDS = 5.0
"""A worker that was woken last may still try to commit."""


def soak(plan: Plan, folder: Path) -> Report:
    """Run a soak; the ledger and the programs' logs are left in the folder."""
    draws = random.Random(plan.seed)  # noqa: S311 - no secret
    with _stack(plan, folder, draws) as stack:
        try:
            return _soak(plan, folder, stack, draws)
        finally:
            shutil.copytree(stack.home.logs, folder / "logs", dirs_exist_ok=True)


def _soak(plan: Plan, folder: Path, stack: Stack, draws: random.Random) -> Report:
    entered = contest.set_up(folder, stack.home, stack.runtime)
    scene = Scene(stack, random.Random(plan.seed + 1))  # noqa: S311 - no secret
    sampler = Sampler(stack, looks_for_stale_commits=NO_FENCE in plan.switches)
    ledger, measures = Ledger(folder / "ledger.jsonl"), Measures()
    course = Course(
        url=stack.url,
        contest=entered,
        ledger=ledger,
        measures=measures,
        may_send=lambda: sampler.waiting < plan.most_waiting,
    )
    conductor = Conductor(scene, plan.faults, plan.longest_pause_seconds)
    sampler.start()
    with _clients(course, draws):
        conductor.run(plan.seconds, lambda: sampler.has_stale_commit)
        missing = stack.wait_until_whole()
    quiet_seconds = wait_until_nothing_waits(stack, QUIET_SECONDS)
    time.sleep(_LATE_COMMIT_SECONDS)
    sampler.stop()
    ledger.close()
    lines = list(read_ledger(folder / "ledger.jsonl"))
    evidence = gather(stack.runtime, lines, entered.expected)
    seen = Seen(scene, conductor, sampler, measures, missing, quiet_seconds)
    return report_of(plan, evidence, seen)


def _stack(plan: Plan, folder: Path, draws: random.Random) -> AbstractContextManager[Stack]:
    settings = {
        "CAMELYON_LEASE_SECONDS": str(plan.lease_seconds),
        "CAMELYON_SWEEP_SECONDS": _SWEEP_SECONDS,
        "CAMELYON_WORKER_PROCESSES": str(plan.worker_processes),
        "CAMELYON_TEST_SWITCHES": plan.switches,
    }
    if plan.stack == "S":
        return serving_stack(folder, settings, has_second_worker=plan.has_second_worker)
    return separate_stack(folder, settings, draws)


@contextmanager
def _clients(course: Course, draws: random.Random) -> Iterator[None]:
    """Run the clients until the block is left, then let each finish what it has begun."""
    seeds = [draws.randrange(2**32) for _ in range(SUBMITTERS + READERS + 1)]
    sources = [random.Random(seed) for seed in seeds]  # noqa: S311 - no secret
    submitters = [Submitter(course, source) for source in sources[:SUBMITTERS]]
    readers = [
        Reader(course, source, only_health=not number)
        for number, source in enumerate(sources[SUBMITTERS:])
    ]
    clients: list[threading.Thread] = [*submitters, *readers]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        course.stopping.set()
        for client in clients:
            client.join(2 * PATIENCE_SECONDS)
