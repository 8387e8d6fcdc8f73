"""Runs the service: people, phases, submissions, queue, pages and API."""
