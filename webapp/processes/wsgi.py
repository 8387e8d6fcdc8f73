"""Builds the application that gunicorn loads, from the environment."""

from flask import Flask

from webapp.app import create_app
from webapp.processes.logs import configure_logs
from webapp.runtime import runtime_from_environment


def make_app() -> Flask:
    """Build the application."""
    runtime = runtime_from_environment()
    configure_logs(runtime.settings.log_format)
    return create_app(runtime)
