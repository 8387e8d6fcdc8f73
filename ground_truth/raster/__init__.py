"""Turns outlines into pixels by ASAP's rule: edges, crossings, filled runs."""
