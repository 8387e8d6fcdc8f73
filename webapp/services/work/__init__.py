"""Does the queue's work: claims, leases, checks, evaluations, sweeping, invariants."""
