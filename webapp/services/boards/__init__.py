"""Ranks submissions: candidates, the leaderboard, its statistics."""

__all__ = ["candidates", "leaderboard", "statistics"]
