"""Checks and fetches the CAMELYON folders and their bucket."""
