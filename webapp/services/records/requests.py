"""Tells which request a row is made for, so that its way can be followed in the logs."""

import structlog

REQUEST = "request"
"""Name under which the id is bound to log lines; `webapp.http.tracing` binds it."""

REQUEST_ID_LENGTH = 64


def current_request_id() -> str | None:
    """Return the id of the request that is being answered; None in a command or a worker.

    Whoever binds it has checked that it is a plain token of at most `REQUEST_ID_LENGTH` characters.
    """
    bound = structlog.contextvars.get_contextvars().get(REQUEST)
    return bound if isinstance(bound, str) else None
