"""The evaluator's commands, one file a noun."""
