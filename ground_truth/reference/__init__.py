"""Reads tables about slides and patients: labels, sizes, stages, exclusions, the case list."""
