"""Writes the API's answers: a schema's JSON, its ETag, and the time to ask again."""

from flask import Response, jsonify
from pydantic import BaseModel

from webapp.http.headers import conditional_answer

RETRY_SECONDS = 2


def answer(body: BaseModel, *, version: str | None = None, is_pending: bool = False) -> Response:
    """Return a body with a strong ETag, and with Retry-After while the work is pending."""
    response = conditional_answer(json_of(body), version)
    if is_pending:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def json_of(body: BaseModel) -> Response:
    """Return a schema's JSON: times in RFC 3339 with Z, enums as words."""
    return jsonify(body.model_dump(mode="json"))
