"""Keeps rows: engine, models and migrations."""

__all__ = ["engine", "failures", "options", "patience"]
