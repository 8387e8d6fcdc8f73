"""Configures gunicorn: logs, workers that die with their master, closing of connections."""

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

DRAINED_BYTES = 64 * 1024
"""Bytes of an unread body that gunicorn still reads before it closes the connection."""


def post_fork(server: Any, worker: Any) -> None:
    """Make a web worker die with its master; otherwise it would keep the port."""
    del server, worker
    die_with_parent(os.getppid())


def pre_request(worker: Any, req: Any) -> None:
    """Announce that the connection closes after a large body.

    An answer that leaves such a body unread (401, 413) makes gunicorn close the connection without
    saying so, and the client's next request on that connection would be lost.
    """
    del worker
    length = dict(req.headers).get("CONTENT-LENGTH", "0")
    if int(length) > DRAINED_BYTES:  # gunicorn has refused what is not a number
        req.must_close = True
