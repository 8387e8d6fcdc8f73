"""Makes a demonstration challenge from code: slides, truth, teams and their submissions."""

__all__ = ["teams", "truths"]
