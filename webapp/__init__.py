"""The service: people, phases, submissions, queue, pages and API."""
