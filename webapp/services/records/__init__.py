"""Keeps the event log, public ids and heartbeats."""

__all__ = ["identifiers", "journal", "liveness"]
