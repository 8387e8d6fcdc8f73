"""Keeps the queue well: sweeping, what must always hold, rows that operators see and move."""

__all__ = ["invariants", "queue_rows", "sweeping"]
