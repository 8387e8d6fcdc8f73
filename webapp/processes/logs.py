"""Configures logs: one event a line, as console text or JSON, with ids and no contents."""

import logging
import sys

import structlog
from structlog.types import Processor

from webapp.settings import LogFormat

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logs(log_format: LogFormat) -> None:
    """Send structlog and the standard library's loggers to standard error, formatted alike.

    Ids that code binds with ``structlog.contextvars`` (request, submission, item) are added to
    every line. Calling it again replaces the first configuration.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in (
        "kombu",
        "celery.redirected",
        "celery.worker.strategy",
        "celery.app.trace",
        "amqp",
        "alembic",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("celery.app.trace").addFilter(_without_message)


def _without_message(record: logging.LogRecord) -> bool:
    """Log only the type of a failed task's error: its text may quote a file or the truth.

    `webapp.services.work.execution` has already logged the type and the places in the code.
    """
    if record.exc_info and record.exc_info[0] is not None:
        record.msg, record.args = "task failed: %s", (record.exc_info[0].__name__,)
        record.exc_info = record.exc_text = None
    return True


def _renderers(log_format: LogFormat) -> tuple[Processor, ...]:
    if log_format is LogFormat.JSON:
        return (
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(sort_keys=True),
        )
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return (console,)
