"""What gunicorn asks its configuration for: our logs, and workers that die with their master."""

import os
from typing import Any

from webapp.lifeline import die_with_parent


def post_fork(server: Any, worker: Any) -> None:
    """Tie a web worker to its master, which would otherwise leave it on the port when killed."""
    del server, worker
    die_with_parent(os.getppid())
