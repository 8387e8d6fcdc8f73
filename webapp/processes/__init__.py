"""Runs the service's programs: web server, beat, and all of them on one machine."""

__all__ = ["beat", "embedded", "home", "launch", "logs", "programs", "supervisor"]
