"""Scores a checked submission against a truth, with its intervals."""
