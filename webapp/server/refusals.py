"""Writes whole HTTP answers without the application: refusals and what supervisors ask."""

import json
from functools import cache
from http import HTTPStatus

_DETAILS = {
    HTTPStatus.REQUEST_TIMEOUT: "The request arrived too slowly.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many connections from this address are open at once.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too many connections are open at once.",
}
_DETAIL = "The server could not read this as an HTTP request."


@cache
def refusal(status: HTTPStatus, retry_after_seconds: int | None = None) -> bytes:
    """Return the whole HTTP answer that refuses a request with problem details."""
    code = status.phrase.casefold().replace(" ", "_").replace("-", "_")
    detail = _DETAILS.get(status, _DETAIL)
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
    fields = {"Connection": "close", "Content-Type": "application/problem+json"}
    if retry_after_seconds is not None:
        fields["Retry-After"] = str(retry_after_seconds)
    return _head(status, fields, len(content)) + content


def plain_answer(
    status: HTTPStatus, body: dict[str, str], *, keeps_alive: bool, has_body: bool
) -> bytes:
    """Return the whole HTTP answer of a few words of JSON."""
    content = json.dumps(body).encode() + b"\n"
    connection = "keep-alive" if keeps_alive else "close"
    fields = {"Connection": connection, "Content-Type": "application/json"}
    return _head(status, fields, len(content)) + (content if has_body else b"")


def _head(status: HTTPStatus, fields: dict[str, str], n_bytes: int) -> bytes:
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        *(f"{name}: {value}" for name, value in fields.items()),
        f"Content-Length: {n_bytes}",
        "Content-Security-Policy: default-src 'none'",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")
