"""Compares, ranks and combines saved results."""
