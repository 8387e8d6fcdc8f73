"""Writes self-contained HTML reports of results."""
