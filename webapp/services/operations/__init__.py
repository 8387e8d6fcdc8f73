"""Shows organisers what is in the queue, and lets them put rows back or take them out."""

__all__ = ["queue_rows"]
