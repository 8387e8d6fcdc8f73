"""A demonstration challenge made from code: slides, truth, teams and their submissions."""

__all__ = ["teams", "truths"]
