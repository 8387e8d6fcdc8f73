"""Configures gunicorn: logs, and workers that die with their master."""

import os
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped] # the package has no hints

from webapp.privacy import OTHERS
from webapp.processes.launch import die_with_parent
from webapp.processes.logs import configure_logs
from webapp.settings import load_settings


class logger_class(Logger):  # type: ignore[misc]  # noqa: N801 - gunicorn's name for it
    """Writes gunicorn's messages as every other log line."""

    def setup(self, cfg: Any) -> None:
        """Leave formatting and writing to our own handler."""
        super().setup(cfg)
        configure_logs(load_settings().log_format)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


umask = OTHERS
"""Gunicorn's own files, and a socket that it is bound to, are its user's alone."""


def post_fork(server: Any, worker: Any) -> None:
    """Make a web worker die with its master; otherwise it would keep the port."""
    del server, worker
    die_with_parent(os.getppid())
