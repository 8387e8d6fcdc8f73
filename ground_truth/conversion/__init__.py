"""Converts annotation files to mask files, many at once."""
