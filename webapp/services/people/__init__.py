"""Knows people: accounts, passwords, teams, tokens."""

__all__ = ["accounts", "directory", "teams", "tokens"]
