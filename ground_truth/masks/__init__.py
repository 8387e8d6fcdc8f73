"""Writes pixels as pyramidal TIFF masks, sparse, as ASAP writes them."""
