"""Writes the API's errors as problem details (RFC 9457)."""

from dataclasses import asdict, dataclass
from http import HTTPStatus

from flask import Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from webapp.errors import RefusalCode, Refused
from webapp.http.identity import runtime
from webapp.http.refusals import refusal_kind

MEDIA_TYPE = "application/problem+json"
API_PREFIX = "/api/"
DATABASE_RETRY_SECONDS = 3
"""Retry-After of an answer given while the database is away.

Not the two seconds after which the web server closes an idle connection: who asks again at that
very moment finds the connection cut.
"""

MAX_ERRORS = 50
"""An answer names no more faults than this: 20,000 unknown fields cost half a second to tell."""

SERVER_ERROR_TEXT = "Something went wrong on our side; it has been noted."
STATUS_TEXTS = {
    HTTPStatus.BAD_REQUEST: "The request could not be read.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not answer to this method.",
    HTTPStatus.LENGTH_REQUIRED: "Send a Content-Length; chunked bodies are not taken.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than this address takes.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; ask again after Retry-After seconds.",
}
"""Replace the framework's own texts, which are about browsers and spelling."""


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One error; `pointer` is a JSON pointer, `file` and `line` are the submission's."""

    code: str
    detail: str
    file: str | None = None
    line: int | None = None
    pointer: str | None = None


class InvalidRequestError(Exception):
    """A request that does not fit its schema, with all of its faults."""

    def __init__(self, status: HTTPStatus, title: str, errors: tuple[ErrorItem, ...]) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.errors = errors


def is_api_request() -> bool:
    """Tell whether the request is for the API, even if it has no route there."""
    return request.path.startswith(API_PREFIX)


def problem(
    status: HTTPStatus,
    code: str,
    title: str,
    errors: tuple[ErrorItem, ...],
    extra: dict[str, object] | None = None,
) -> Response:
    """Return a problem-details answer with all errors."""
    body: dict[str, object] = dict(extra or {})
    body.update(
        type=_type_of(code),
        title=title,
        status=status.value,
        detail=errors[0].detail if errors else title,
        instance=request.path,
        errors=[asdict(error) for error in errors],
    )
    response = jsonify(body)
    response.status_code = status.value
    response.mimetype = MEDIA_TYPE
    return response


def refusal_problem(refusal: Refused) -> Response:
    """Return a service's refusal as a problem."""
    kind = refusal_kind(refusal.code)
    has_body = request.method not in {"GET", "HEAD"}
    pointer = f"/{refusal.field}" if has_body and refusal.field is not None else None
    item = ErrorItem(refusal.code, refusal.detail, pointer=pointer)
    response = problem(kind.status, refusal.code, kind.title, (item,), refusal.extra)
    if refusal.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    if kind.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="camelyon"'
    return response


def invalid_request_problem(error: InvalidRequestError) -> Response:
    """Return an invalid request, with its faults but not thousands of them, as a problem."""
    return problem(error.status, error.errors[0].code, error.title, error.errors[:MAX_ERRORS])


def http_error_problem(error: HTTPException) -> Response:
    """Return an HTTP error of the framework as a problem, without internals."""
    status = HTTPStatus(error.code or 500)
    code = status.phrase.casefold().replace(" ", "_").replace("-", "_")
    response = problem(status, code, status.phrase, (ErrorItem(code, _detail_of(error, status)),))
    for name, value in error.get_headers(request.environ):
        if name.casefold() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def database_away_problem() -> Response:
    """Return the problem that the database does not answer."""
    current_app.logger.warning("database does not answer")
    detail = "The database does not answer at the moment; please try again."
    status = HTTPStatus.SERVICE_UNAVAILABLE
    item = ErrorItem("service_unavailable", detail)
    response = problem(status, item.code, status.phrase, (item,))
    response.headers["Retry-After"] = str(DATABASE_RETRY_SECONDS)
    return response


def _detail_of(error: HTTPException, status: HTTPStatus) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return SERVER_ERROR_TEXT
    is_said_by_us = error.description not in {None, type(error).description}
    if is_said_by_us and status is not HTTPStatus.TOO_MANY_REQUESTS:
        return str(error.description)
    return STATUS_TEXTS.get(status, status.phrase)


def _type_of(code: str) -> str:
    """Return the address that explains a code; plain HTTP errors have none."""
    is_own = code in {known.value for known in RefusalCode}
    return f"{runtime().settings.public_url}/problems#{code}" if is_own else "about:blank"
