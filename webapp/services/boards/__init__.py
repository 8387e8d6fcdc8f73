"""Ranks submissions: candidates, the leaderboard, its statistics."""
