"""Holds what a scoring gave: the canonical result, its replicates, its parameters, saved files."""
