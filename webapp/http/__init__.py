"""What pages and API share about HTTP: who asks, which answers, which headers, how large."""

__all__ = [
    "bodies",
    "headers",
    "hostile_text",
    "identity",
    "limits",
    "problems",
    "proxies",
    "refusals",
    "spooling",
    "workers",
]
