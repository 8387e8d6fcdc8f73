"""Reads requests and writes answers for pages and API: callers, headers, sizes, errors."""

__all__ = [
    "bodies",
    "headers",
    "health",
    "hostile_text",
    "hosts",
    "identity",
    "limits",
    "problems",
    "proxies",
    "refusals",
    "spooling",
    "tracing",
    "workers",
]
