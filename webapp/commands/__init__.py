"""The service's own commands, one noun a file; each is imported only when it is called."""

__all__ = ["failures"]
