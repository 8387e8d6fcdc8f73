"""Holds what clients were promised against what the database and the store of files say.

Each check returns its problems, one a line; a soak passes if there is none.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from tests.soak.evidence import Evidence
from tests.soak.ledger import What

_CHARGED = ("charge 1",)
_REFUNDED = ("charge 1", "refund 1")


def lost(evidence: Evidence) -> Iterator[str]:
    """Each acknowledged submission has its row, of its team, with its key and its file's sha256."""
    for line in evidence.of(What.ACKNOWLEDGED):
        row = evidence.records.submissions.get(line.public_id)
        if row is None:
            yield f"{line.public_id}: acknowledged, but there is no such submission"
        elif (row.team_id, row.sha256) != (line.team_id, line.sha256) or line.key not in row.keys:
            yield f"{line.public_id}: team, key or sha256 is not what was acknowledged"


def damaged(evidence: Evidence) -> Iterator[str]:
    """Each acknowledged submission has its file, with the sha256 of what was sent."""
    for line in evidence.of(What.ACKNOWLEDGED):
        row = evidence.records.submissions.get(line.public_id)
        if row is not None and not evidence.storage.verify(line.sha256, row.size):
            yield f"{line.public_id}: its file is missing or changed"


def doubled(evidence: Evidence) -> Iterator[str]:
    """One key has one submission, one submission one key, and a cut upload none."""
    told: dict[str, set[str]] = defaultdict(set)
    for line in evidence.of(What.ACKNOWLEDGED):
        told[line.key].add(line.public_id)
    yield from (f"key {key}: {len(ids)} submissions" for key, ids in told.items() if len(ids) > 1)
    sent = {line.key for line in evidence.of(What.SENT)}
    cut = {line.key for line in evidence.of(What.BROKEN_OFF)}
    for row in evidence.records.submissions.values():
        if len(row.keys) != 1:
            yield f"{row.public_id}: {len(row.keys)} keys"
        yield from (f"{row.public_id}: nobody sent key {key}" for key in set(row.keys) - sent)
        yield from (f"{row.public_id}: of a cut upload" for key in set(row.keys) & cut)


def stuck(evidence: Evidence) -> Iterator[str]:
    """Nothing waits or is under way."""
    for row in evidence.records.submissions.values():
        if row.state in {"received", "validating"}:
            yield f"{row.public_id}: {row.state}"
        for one in row.evaluations:
            if one.state in {"queued", "running"}:
                yield f"{row.public_id}: its evaluation is {one.state}"


def quarantined(evidence: Evidence) -> Iterator[str]:
    """No valid file was given up."""
    for line, row in evidence.pairs():
        states = {row.state, *(one.state for one in row.evaluations)}
        if evidence.expected[line.entry] is not None and "quarantined" in states:
            yield f"{row.public_id}: a valid file ({line.entry}) was quarantined"


def wrong(evidence: Evidence) -> Iterator[str]:
    """Expect the result of offline scoring for valid files, byte for byte, else a rejection."""
    for line, row in evidence.pairs():
        expected = evidence.expected[line.entry]
        if expected is None:
            if row.state != "rejected" or row.evaluations:
                yield f"{row.public_id}: {line.entry} is {row.state}"
        elif row.state != "accepted" or [one.state for one in row.evaluations] != ["scored"]:
            states = [one.state for one in row.evaluations]
            yield f"{row.public_id}: {line.entry} is {row.state}, its evaluations {states}"
        elif row.evaluations[0].result != expected:
            yield f"{row.public_id}: the result is not that of offline scoring"


def charges(evidence: Evidence) -> Iterator[str]:
    """Expect one charge a submission, refunded once if it was rejected or given up."""
    for row in evidence.records.submissions.values():
        states = {row.state, *(one.state for one in row.evaluations)}
        is_refunded = not states.isdisjoint({"rejected", "quarantined", "failed"})
        expected = _REFUNDED if is_refunded else _CHARGED
        if row.charges != expected:
            yield f"{row.public_id}: {row.state}, charged {', '.join(row.charges) or 'nothing'}"


def commits(evidence: Evidence) -> Iterator[str]:
    """Each scored evaluation was committed once."""
    for one in evidence.records.evaluations:
        if one.commits != (one.state == "scored"):
            yield f"evaluation {one.id}: {one.state}, committed {one.commits} times"


def invariants(evidence: Evidence) -> Iterator[str]:
    """Expect that the service's own invariants hold, with every file read and hashed."""
    for name, count in evidence.broken_invariants.items():
        if count:
            yield f"{name}: {count} violations"


CHECKS: Mapping[str, Callable[[Evidence], Iterator[str]]] = {
    "lost": lost,
    "damaged files": damaged,
    "doubled": doubled,
    "stuck": stuck,
    "valid files quarantined": quarantined,
    "wrong result or state": wrong,
    "wrong charges": charges,
    "commits": commits,
    "invariants": invariants,
}


def problems_of(evidence: Evidence) -> dict[str, list[str]]:
    """Run every check; return the problems by the check's name."""
    return {name: list(check(evidence)) for name, check in CHECKS.items()}
