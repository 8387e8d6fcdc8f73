"""Builds the application that gunicorn loads, from the environment."""

from flask import Flask

from webapp.app import create_app
from webapp.privacy import keep_new_files_private
from webapp.processes.logs import configure_logs
from webapp.runtime import web_runtime_from_environment


def make_app() -> Flask:
    """Build the application; the files that it stores are this process's user's alone."""
    keep_new_files_private()
    runtime = web_runtime_from_environment()
    configure_logs(runtime.settings.log_format)
    return create_app(runtime)
