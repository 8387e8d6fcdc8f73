"""Decides who reads which field of a score: allow-list, ladder, the evaluation that counts."""
