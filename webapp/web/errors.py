"""Answers errors with a page in plain words, or for the API with problem details."""

from http import HTTPStatus

from flask import Flask, Response, make_response, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from webapp.database.failures import is_away, is_full
from webapp.errors import Refused
from webapp.http import problems
from webapp.http.refusals import refusal_kind
from webapp.storage import is_disk_full, storage_full_refusal

STATUS_TEXTS = {
    HTTPStatus.BAD_REQUEST: (
        "This could not be read",
        "The form was incomplete or too old. Go back, load the page anew and send it again.",
    ),
    HTTPStatus.FORBIDDEN: ("Not allowed", "You may not open this page or do this."),
    HTTPStatus.NOT_FOUND: (
        "Nothing here",
        "There is nothing at this address, or it is not yours to see.",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "Not possible here",
        "This address does not answer to that kind of request.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "The file is too large",
        "What you sent is larger than this phase allows. It has cost no attempt.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "Too many attempts",
        "Please wait a few minutes and try again.",
    ),
}
SERVER_ERROR_TEXT = (
    "Something went wrong on our side",
    "It has been noted. Please try again in a moment.",
)


def register(app: Flask) -> None:
    """Answer every error, expected or not, with a page or with problem+json."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(SQLAlchemyError, _database_failed)
    app.register_error_handler(OSError, _disk_full)


def _http_error(error: HTTPException) -> Response:
    if problems.is_api_request():
        return problems.http_error_problem(error)
    status = HTTPStatus(error.code or 500)
    page = _page(status, *STATUS_TEXTS.get(status, SERVER_ERROR_TEXT))
    for name, value in error.get_headers(request.environ):
        if name.casefold() not in {"content-type", "content-length"}:
            page.headers[name] = value
    return page


def _refused(refusal: Refused) -> Response:
    if problems.is_api_request():
        return problems.refusal_problem(refusal)
    kind = refusal_kind(refusal.code)
    return _page(kind.status, kind.title, refusal.detail)


def _database_failed(error: SQLAlchemyError) -> Response:
    """Answer while the database is away or full; raise an error of our own making again."""
    if is_full(error):
        return _refused(storage_full_refusal())
    if not is_away(error):
        raise error
    if problems.is_api_request():
        return problems.database_away_problem()
    detail = "The database does not answer at the moment. Please try again in a moment."
    page = _page(HTTPStatus.SERVICE_UNAVAILABLE, "Back in a moment", detail)
    page.headers["Retry-After"] = str(problems.DATABASE_RETRY_SECONDS)
    return page


def _disk_full(error: OSError) -> Response:
    """Refuse a file that filled the disk while it arrived; raise any other error again."""
    if not is_disk_full(error):
        raise error
    return _refused(storage_full_refusal())


def _page(status: HTTPStatus, title: str, detail: str) -> Response:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return make_response(_plain_page(title, detail), status)
    return make_response(
        render_template("error.html", status=status.value, title=title, detail=detail), status
    )


def _plain_page(title: str, detail: str) -> str:
    """Return a page that reads nothing from the database, which may have failed."""
    return render_template("fault.html", title=title, detail=detail)
