"""Decodes untrusted pictures in a confined child."""
