"""Says what is asked: challenges, phases, their windows, what scores rest on, method cards."""

__all__ = ["challenges", "method_cards", "score_basis", "window"]
