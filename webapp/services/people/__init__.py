"""Knows people: accounts, passwords, teams, tokens."""
