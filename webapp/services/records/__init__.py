"""Keeps the event log, public ids and heartbeats."""
