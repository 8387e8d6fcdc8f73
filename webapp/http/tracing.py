"""Gives every request an id and one line in the log, which name nothing that is secret.

The id comes from `X-Request-Id` or is made here, is answered in the same header, is bound to every
line that is logged meanwhile, and is kept with the uploads and submissions that the request makes.
"""

import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus
from types import TracebackType
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from flask import Flask, Response, g, request
from structlog.contextvars import bound_contextvars

from webapp.services.records.requests import REQUEST, REQUEST_ID_LENGTH

HEADER = "X-Request-Id"
QUIET_ENDPOINTS = frozenset({"static", "health.healthz"})
"""What browsers and supervisors ask for all the time; logged only where it fails."""

_LINE = "camelyon.access_line"
_REQUEST_ID = re.compile(rf"[0-9A-Za-z._-]{{1,{REQUEST_ID_LENGTH}}}")
_PUBLIC_ID = re.compile(r"(upl|sub)_[0-9A-Za-z]{17}")
_NOUNS = {"upl": "upload", "sub": "submission"}

ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None
)

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class AccessLine:
    """What is logged of one request, gathered while it is answered.

    There is no path, query, address, header, name or mail address in it: the route is the rule that
    the path fits (nothing where it fits none), and ids are public ones.
    """

    request_id: str
    method: str
    began: float = field(default_factory=time.monotonic)
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    sent_bytes: int = 0
    route: str | None = None
    endpoint: str | None = None
    ids: dict[str, str] = field(default_factory=dict)
    is_written: bool = False

    def write(self) -> None:
        """Log the line, once."""
        if self.is_written:
            return
        self.is_written = True
        is_fault = self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        with bound_contextvars(**{REQUEST: self.request_id}):
            (log.error if is_fault else log.info)(
                "request answered",
                method=self.method,
                route=self.route,
                status=self.status,
                seconds=round(time.monotonic() - self.began, 3),
                sent_bytes=self.sent_bytes,
                **self.ids,
            )

    @property
    def is_quiet(self) -> bool:
        """Tell whether the line is left out."""
        return self.endpoint in QUIET_ENDPOINTS and self.status < HTTPStatus.BAD_REQUEST


class TracedRequests:
    """A WSGI layer around the application: what it logs of an answer is what was really sent."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does, with the request's id."""
        method = environ["REQUEST_METHOD"]
        line = AccessLine(
            request_id_of(environ.get("HTTP_X_REQUEST_ID", "")),
            method if method in HTTPMethod.__members__ else "other",
        )
        environ[_LINE] = line

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: ExceptionInfo = None, /
        ) -> Callable[[bytes], object]:
            line.status = int(status.split(" ", 1)[0])
            return start_response(status, [*headers, (HEADER, line.request_id)], exc_info)

        try:
            with bound_contextvars(**{REQUEST: line.request_id}):
                body = self._application(environ, start)
        except BaseException:
            line.status = HTTPStatus.INTERNAL_SERVER_ERROR
            line.write()
            raise
        return body if line.is_quiet else _SentBody(body, line)


class _SentBody:
    """An answer's body that counts what is taken of it, and writes the line at its end."""

    def __init__(self, body: Iterable[bytes], line: AccessLine) -> None:
        self._body = body
        self._line = line

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            self._line.sent_bytes += len(piece)
            yield piece
        self._line.write()

    def close(self) -> None:
        """End the answer, which the client may have broken off."""
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._line.write()


def trace_requests(app: Flask) -> None:
    """Log an application's requests and name them; its own errors are logged without the path."""
    app.after_request(_note_answer)
    app.wsgi_app = TracedRequests(app.wsgi_app)  # type: ignore[method-assign]
    app.log_exception = _log_exception  # type: ignore[method-assign]


def request_id_of(given: str) -> str:
    """Return the id that a client or proxy gave, if it is a plain short token, else a new one."""
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _note_answer(response: Response) -> Response:
    """Note what only the application knows: the route, the team, and what it is about."""
    line: AccessLine = request.environ[_LINE]
    line.route = None if request.url_rule is None else request.url_rule.rule
    line.endpoint = request.endpoint
    team = g.get("team")
    if team is not None:
        line.ids["team"] = team.public_id
    named = (request.view_args or {}).get("public_id", "")
    for candidate in (str(named), *response.headers.get("Location", "").split("/")):
        found = _PUBLIC_ID.fullmatch(candidate)
        if found is not None:
            line.ids[_NOUNS[found.group(1)]] = candidate
    return response


def _log_exception(exc_info: ExceptionInfo) -> None:
    log.error("unexpected error", exc_info=exc_info)
