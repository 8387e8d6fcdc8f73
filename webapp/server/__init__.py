"""Talks to the network: one loop holds all connections, threads only serve whole requests."""

__all__ = ["limits"]
