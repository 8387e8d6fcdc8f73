"""Reads annotation files: ASAP's XML to outlines, their groups to tumour or cut out of it."""
