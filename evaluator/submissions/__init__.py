"""Checks a submission against the case list alone."""
