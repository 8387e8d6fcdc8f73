"""Holds the module that scripts written for ASAP import, under its own name."""
