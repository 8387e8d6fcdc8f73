"""Runs the worker: hears hints from the broker, and keeps the slots that do the work."""

__all__ = ["app"]
