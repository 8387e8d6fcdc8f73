"""Keeps rows: engine, models and migrations."""

__all__ = ["commits", "engine", "failures", "options", "patience"]
