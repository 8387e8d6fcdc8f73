"""Gathers what clients were promised and what the service kept, for the checks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.soak.ledger import Line, What
from tests.soak.records import Records, SubmissionRecord, read_records
from webapp.runtime import Runtime
from webapp.services.operations.invariants import violations
from webapp.storage import BlobStore


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known after a soak.

    Attributes
    ----------
    expected : mapping of str to str or None
        The result of each kind of file; None where it must be rejected.
    broken_invariants : mapping of str to int
        As `webapp.services.operations.invariants.violations` counts them.
    """

    lines: Sequence[Line]
    records: Records
    storage: BlobStore
    expected: Mapping[str, str | None]
    broken_invariants: Mapping[str, int]

    def of(self, what: What) -> list[Line]:
        """Return the lines that say this."""
        return [line for line in self.lines if line.what is what]

    def pairs(self) -> Iterator[tuple[Line, SubmissionRecord]]:
        """Yield the rows of known keys, each with what was sent under its key."""
        sent = {line.key: line for line in self.of(What.SENT)}
        for row in self.records.submissions.values():
            for key in row.keys:
                if key in sent:
                    yield sent[key], row


def gather(runtime: Runtime, lines: Sequence[Line], expected: Mapping[str, str | None]) -> Evidence:
    """Read the database, and every file that it refers to."""
    with runtime.reading() as session:
        return Evidence(
            lines=lines,
            records=read_records(session),
            storage=runtime.storage,
            expected=expected,
            broken_invariants=violations(session, runtime.storage, reads_blobs=True),
        )
