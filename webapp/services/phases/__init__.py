"""Says what is asked: challenges, phases, their windows, what scores rest on, method cards."""
