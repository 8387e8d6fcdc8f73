"""Accepts submissions and never loses one: uploads, admission, quotas, decisions."""

__all__ = ["admission", "decisions", "quotas", "submissions", "uploads"]
