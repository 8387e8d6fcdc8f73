"""Keeps rows: engine, models and migrations."""
