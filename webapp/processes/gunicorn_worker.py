"""Refuses requests that are not HTTP with the API's problem details."""

import json
from http import HTTPStatus
from socket import socket
from typing import Any

# gunicorn has no type hints.
from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
"""Every other error of gunicorn's parser is 400."""


class ProblemWorker(ThreadWorker):  # type: ignore[misc]  # likewise
    """A thread worker that refuses requests with problem details, as the application does."""

    def handle_error(self, req: Any, client: socket, addr: Any, exc: Exception) -> None:
        """Answer a request that gunicorn could not parse, without repeating the sender's bytes."""
        if not isinstance(exc, errors.ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("invalid request: %s", type(exc).__name__)
        try:
            util.write_nonblock(client, refusal(STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)))
        except OSError:
            self.log.debug("the client did not wait for its answer")


def refusal(status: HTTPStatus) -> bytes:
    """Return the whole HTTP answer that refuses such a request."""
    code = status.phrase.casefold().replace(" ", "_").replace("-", "_")
    detail = "The server could not read this as an HTTP request."
    error = {"code": code, "detail": detail, "file": None, "line": None, "pointer": None}
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": None,
        "errors": [error],
    }
    content = json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Connection: close\r\n"
        "Content-Type: application/problem+json\r\n"
        f"Content-Length: {len(content)}\r\n"
        "Content-Security-Policy: default-src 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Cache-Control: no-store\r\n\r\n"
    )
    return head.encode("ascii") + content
