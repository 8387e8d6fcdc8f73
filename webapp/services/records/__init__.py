"""Keeps the event log, public ids, ids of requests and heartbeats."""

__all__ = ["identifiers", "journal", "liveness", "requests", "slots"]
