"""Reads, rasterises and versions the reference standard of CAMELYON16 and CAMELYON17."""
