"""Does the queue's work: claims, leases, whose turn it is, checks, evaluations, recovery."""

__all__ = ["backlog", "decoder_answers", "execution", "quarantine", "queue", "recovery", "states"]
