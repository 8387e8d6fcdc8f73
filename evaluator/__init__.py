"""Turns one submission and one ground truth into a result."""

SCORING_VERSION = "1"
"""Raised only with an entry under "Scores" in CHANGELOG.md, never with the package's version."""
