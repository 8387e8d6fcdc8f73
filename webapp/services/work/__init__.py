"""Does the queue's work: claims, leases, checks, evaluations, sweeping, invariants."""

__all__ = ["execution", "invariants", "queue", "sweeping"]
