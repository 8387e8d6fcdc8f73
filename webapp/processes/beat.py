"""Sweeps the database at intervals: a Celery beat that needs no schedule and no broker."""

import time
from typing import Any

import structlog
from celery.beat import Scheduler
from sqlalchemy.exc import SQLAlchemyError

from webapp.processes.logs import configure_logs
from webapp.runtime import Runtime, runtime_from_environment
from webapp.services.operations.sweeping import heartbeat, sweep
from webapp.tasks import announce

_IDLE_SECONDS = 60.0

log = structlog.stdlib.get_logger(__name__)


class SweepingScheduler(Scheduler):
    """Sweeps the database at every tick; an outage of database or broker loses only that tick.

    Celery's own beat sends messages by a schedule, so it needs the broker. This one has no entry:
    the database says what is due.
    """

    def __init__(self, app: Any, *, lazy: bool = False, **options: Any) -> None:
        super().__init__(app, lazy=True, **options)
        self._runtime: Runtime | None = None if lazy else runtime_from_environment()

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Sweep once; return the seconds until the next tick."""
        del arguments, options
        if self._runtime is None:
            return _IDLE_SECONDS
        began = time.monotonic()
        try:
            sweep_and_hint(self._runtime)
        except (SQLAlchemyError, OSError) as error:
            log.warning("sweep failed", error=type(error).__name__)
        elapsed = time.monotonic() - began
        return max(0.1, self._runtime.settings.sweep_seconds - elapsed)

    def close(self) -> None:
        """Close nothing: no schedule is kept and no message is held."""


def sweep_and_hint(runtime: Runtime) -> None:
    """Sweep, then send hints if slots wait although there is work."""
    with runtime.session() as session:
        heartbeat(session, "beat", "beat")
    report = sweep(runtime.sessions, runtime.storage, runtime.policy("beat"))
    if not report.held_lock:
        return
    announce(runtime)
    broken = {name: count for name, count in report.violations.items() if count}
    if broken:
        log.error("promises broken", **broken)


def run() -> None:
    """Run the sweeper until it is told to stop."""
    runtime = runtime_from_environment()
    configure_logs(runtime.settings.log_format)
    runtime.celery.Beat(loglevel="INFO", quiet=True, redirect_stdouts=False).run()
