"""Decides who reads which field of a score: allow-list, ladder, the evaluation that counts."""

__all__ = ["allow_list", "current_evaluations", "ladder"]
