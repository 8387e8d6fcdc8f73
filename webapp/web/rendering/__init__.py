"""Renders what pages show: figures, formats, parts, CSV and static addresses."""
