"""Puts together what a soak showed: the checks' problems, and what was seen while it ran."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.soak.checks import problems_of
from tests.soak.conducting import Conductor
from tests.soak.evidence import Evidence
from tests.soak.harm import Scene
from tests.soak.ledger import What
from tests.soak.measures import Measures, percentiles_of
from tests.soak.plan import QUIET_SECONDS, Plan
from tests.soak.records import Records
from tests.soak.report import Report
from tests.soak.sampling import Sampler


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen from outside while the soak ran, and when it was over.

    Attributes
    ----------
    missing : list of str
        Programs that did not come back.
    quiet_seconds : float or None
        How long after the last fault everything was final; None if it did not come about.
    """

    scene: Scene
    conductor: Conductor
    sampler: Sampler
    measures: Measures
    missing: list[str]
    quiet_seconds: float | None


def report_of(plan: Plan, evidence: Evidence, seen: Seen) -> Report:
    """Return the whole report."""
    return Report(
        stack=plan.stack,
        seed=plan.seed,
        seconds=plan.seconds,
        faults=dict(seen.conductor.took_effect),
        faults_without_effect=dict(seen.conductor.had_none),
        figures={**_counts(evidence), **_figures(seen)},
        statuses=seen.measures.statuses(),
        times={
            **seen.measures.percentiles(),
            "accepted to scored": percentiles_of(_seconds_to_scored(evidence.records)),
        },
        problems={**problems_of(evidence), **_problems(seen)},
        skipped=_skipped(plan, seen),
        history=seen.conductor.history,
    )


def _problems(seen: Seen) -> dict[str, list[str]]:
    is_quiet = seen.quiet_seconds is not None
    silent = seen.sampler.silent_slots
    unexpected = seen.measures.unexpected()
    return {
        "programs that did not come back": seen.missing,
        "never quiet": [] if is_quiet else [f"rows waited {QUIET_SECONDS:.0f} s later"],
        "promises broken under a fault": seen.scene.complaints,
        "slots without progress": [f"{name}: {age:.0f} s" for name, age in silent.items()],
        "answers 500": errors_of(seen.measures.statuses()),
        "unexpected answers": [f"{count} x {text}" for text, count in unexpected.items()],
    }


def errors_of(statuses: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the requests that were answered with 500, and how often."""
    return [f"{found['500']} x {name}" for name, found in statuses.items() if "500" in found]


def _figures(seen: Seen) -> dict[str, Any]:
    sampler = seen.sampler
    return {
        **seen.scene.figures,
        "seconds until all was final": round(seen.quiet_seconds or QUIET_SECONDS, 1),
        "messages pushed by the service, at least": max(sampler.pushes - seen.scene.pushes, 0),
        "longest queue of the broker": sampler.longest_queue,
        "queue of the broker at the end": sampler.last_queue,
        "most rows waiting": sampler.most_waiting,
    }


def _counts(evidence: Evidence) -> dict[str, object]:
    acknowledged = evidence.of(What.ACKNOWLEDGED)
    scored = [one for one in evidence.records.evaluations if one.state == "scored"]
    claims = sum(one.claims for one in scored)
    return {
        "submissions acknowledged": len({line.public_id for line in acknowledged}),
        "acknowledgements": len(acknowledged),
        "submissions": len(evidence.records.submissions),
        "scored": len(scored),
        "rejected": sum(row.state == "rejected" for row in evidence.records.submissions.values()),
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


def _skipped(plan: Plan, seen: Seen) -> dict[str, str]:
    skipped = {}
    if seen.scene.stack.disk is None:
        skipped["disk nearly full"] = "no disk of memory could be mounted here"
    if not seen.sampler.has_slot_rows:
        skipped["slots without progress"] = "no slot has been recorded"
    left_out = {fault.name for fault in plan.faults if plan.stack not in fault.stacks}
    if left_out:
        skipped[", ".join(sorted(left_out))] = "not on this stack"
    return skipped
