"""Runs one soak: service, clients, harm, quiet, checks."""

import random
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.soak import contest
from tests.soak.checks import problems_of
from tests.soak.clients import PATIENCE_SECONDS, Course, Submitter
from tests.soak.conducting import Conductor
from tests.soak.evidence import Evidence, gather
from tests.soak.harm import Fault, Scene
from tests.soak.ledger import Ledger, What, read_ledger
from tests.soak.measures import Measures, percentiles_of
from tests.soak.readers import Reader
from tests.soak.records import Records
from tests.soak.report import Report
from tests.soak.sampling import Sampler, wait_until_nothing_waits
from tests.soak.stacks import Stack, separate_stack, serving_stack
from webapp.settings import NO_FENCE

QUIET_SECONDS = 120.0
"""After the last fault everything is final within this time."""

SUBMITTERS = 6
READERS = 2
_SWEEP_SECONDS = "5"
_LATE_COMMIT_SECONDS = 5.0
"""A worker that was woken last may still try to commit."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to soak, how long, and with which faults.

    Attributes
    ----------
    most_waiting : int
        Clients send nothing while more rows wait, so that the end comes in time.
    """

    stack: str
    seconds: int
    seed: int
    faults: Sequence[Fault]
    lease_seconds: float = 10.0
    switches: str = ""
    most_waiting: int = 40
    pause_seconds: float = 1.0
    worker_processes: int = 2
    has_second_worker: bool = False


def soak(plan: Plan, folder: Path) -> Report:
    """Run a soak; the ledger and the programs' logs are left in the folder."""
    draws = random.Random(plan.seed)  # noqa: S311 - no secret
    ledger = Ledger(folder / "ledger.jsonl")
    measures = Measures()
    with _stack(plan, folder, draws) as stack:
        try:
            entered = contest.set_up(folder, stack.home, stack.runtime)
            scene = Scene(stack, random.Random(plan.seed + 1))  # noqa: S311 - no secret
            sampler = Sampler(stack, looks_for_stale_commits=NO_FENCE in plan.switches)
            course = Course(
                url=stack.url,
                contest=entered,
                ledger=ledger,
                measures=measures,
                may_send=lambda: sampler.waiting < plan.most_waiting,
                pause_seconds=plan.pause_seconds,
            )
            conductor = Conductor(scene, plan.faults)
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
        finally:
            shutil.copytree(stack.home.logs, folder / "logs", dirs_exist_ok=True)
        problems = {
            **problems_of(evidence),
            "programs that did not come back": missing,
            "never quiet": [] if quiet_seconds is not None else [f"not in {QUIET_SECONDS:.0f} s"],
            "promises broken under a fault": scene.complaints,
            "children without progress": [
                f"{name}: {seconds:.0f} s" for name, seconds in sampler.silent_children.items()
            ],
            "answers 500": _errors(measures),
            "unexpected answers": [f"{n} x {text}" for text, n in measures.unexpected().items()],
        }
        return Report(
            stack=plan.stack,
            seed=plan.seed,
            seconds=plan.seconds,
            faults=dict(conductor.took_effect),
            faults_without_effect=dict(conductor.had_none),
            figures={
                **_counts(evidence),
                **scene.figures,
                "seconds until all was final": round(quiet_seconds or QUIET_SECONDS, 1),
                "messages pushed by the service, at least": sampler.pushes - scene.pushes,
                "longest queue of the broker": sampler.longest_queue,
                "queue of the broker at the end": sampler.last_queue,
                "most rows waiting": sampler.most_waiting,
            },
            statuses=measures.statuses(),
            times={
                **measures.percentiles(),
                "accepted to scored": percentiles_of(_seconds_to_scored(evidence.records)),
            },
            problems=problems,
            skipped=_skipped(plan, stack, sampler),
        )


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


def _counts(evidence: Evidence) -> dict[str, object]:
    acknowledged = evidence.of(What.ACKNOWLEDGED)
    scored = [one for one in evidence.records.evaluations if one.state == "scored"]
    claims = sum(one.claims for one in scored)
    return {
        "submissions acknowledged": len({line.public_id for line in acknowledged}),
        "acknowledgements": len(acknowledged),
        "submissions": len(evidence.records.submissions),
        "scored": len(scored),
        "rejected as they must be": sum(
            row.state == "rejected" for row in evidence.records.submissions.values()
        ),
        "uploads broken off": len(evidence.of(What.BROKEN_OFF)),
        "clients that gave up": len(evidence.of(What.GAVE_UP)),
        "claims a commit": round(claims / len(scored), 3) if scored else None,
    }


def _seconds_to_scored(records: Records) -> list[float]:
    return [
        one.seconds
        for one in records.evaluations
        if one.state == "scored" and one.seconds is not None
    ]


def _errors(measures: Measures) -> list[str]:
    return [
        f"{found['500']} x {name}" for name, found in measures.statuses().items() if "500" in found
    ]


def _skipped(plan: Plan, stack: Stack, sampler: Sampler) -> dict[str, str]:
    skipped = {}
    if stack.disk is None:
        skipped["disk nearly full"] = "no disk of memory could be mounted here"
    if not sampler.has_child_rows:
        skipped["children without progress"] = "the worker's children write no heartbeat"
    left_out = {fault.name for fault in plan.faults if plan.stack not in fault.stacks}
    if left_out:
        skipped[", ".join(sorted(left_out))] = "not on this stack"
    return skipped
