"""Converts annotation files to mask files, many at once."""

__all__ = ["cli"]
