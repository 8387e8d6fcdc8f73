"""Turns requests that do not fit their schema into problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Response

from webapp.http.problems import ErrorItem, InvalidRequestError, invalid_request_problem, problem

QUERY_LOCATION = "query"
INVALID_REQUEST_CODE = "invalid_request"


def register(app: APIFlask) -> None:
    """Answer APIFlask's own errors as the rest of the API does."""
    app.error_callback = _answer
    app.register_error_handler(InvalidRequestError, invalid_request_problem)


def _answer(error: HTTPError) -> Response:
    """Return 400 for a query string and 422 for a body, with all faults at once."""
    detail: Any = error.detail  # the framework types it loosely
    places: Mapping[str, Any] = detail if isinstance(detail, Mapping) else {}
    is_query = QUERY_LOCATION in places
    status = HTTPStatus.BAD_REQUEST if is_query else HTTPStatus(error.status_code)
    title = "Invalid query parameter" if is_query else "The request is not valid"
    errors = tuple(
        ErrorItem(INVALID_REQUEST_CODE, f"Query parameter `{field}`: {message}")
        if is_query
        else ErrorItem(INVALID_REQUEST_CODE, str(message), pointer=f"/{field}")
        for fields in places.values()
        for field, messages in fields.items()
        for message in messages
    )
    return problem(
        status,
        INVALID_REQUEST_CODE,
        title,
        errors or (ErrorItem(INVALID_REQUEST_CODE, error.message or title),),
    )
