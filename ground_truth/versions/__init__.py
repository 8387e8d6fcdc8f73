"""Builds, loads, compares and exports immutable versions of the ground truth."""
