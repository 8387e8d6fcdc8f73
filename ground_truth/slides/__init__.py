"""Reads slide images: size, spacing, patches, and tiles for a viewer."""
