"""Configures logs: one event a line, as console text or JSON, with ids and no contents."""

import logging
import sys
import traceback

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from webapp.settings import LogFormat

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)

_EXTRAS = ("state", "seconds")
"""Fields that a line of the standard library's loggers may carry; Celery's carry arguments."""


def configure_logs(log_format: LogFormat) -> None:
    """Send structlog and the standard library's loggers to standard error, formatted alike.

    Ids that code binds with ``structlog.contextvars`` (request, submission, upload) are added to
    every line. Of an error the type and the places in the code are written, never its text.
    Calling it again replaces the first configuration.
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
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder(allow=_EXTRAS)],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_texts_of_errors,
                *_renderers(log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # The limiter's own lines about refused requests name accounts by their mail address.
    for noisy in (
        "kombu",
        "celery.redirected",
        "celery.worker.strategy",
        "celery.app.trace",
        "amqp",
        "alembic",
        "flask-limiter",
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


def _without_texts_of_errors(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Write an error as its type and its places in the code, and so its causes.

    Its text and the values of variables may quote a file, the truth, a token or an address.
    """
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_type_and_places(error))
    return event


def _type_and_places(error: BaseException) -> list[str]:
    """Return an error's lines, after those of the error that it came from."""
    seen: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in seen:
        seen.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return [
        f"{type(one).__name__}\n{''.join(traceback.format_tb(one.__traceback__))}".rstrip()
        for one in reversed(seen)
    ]


def _renderers(log_format: LogFormat) -> tuple[Processor, ...]:
    if log_format is LogFormat.JSON:
        return (structlog.processors.JSONRenderer(sort_keys=True),)
    return (structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),)
