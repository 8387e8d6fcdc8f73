"""Reads annotation files: ASAP's XML to outlines, their groups to tumour and what is cut out of it."""
