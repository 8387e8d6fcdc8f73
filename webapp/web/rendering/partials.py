"""Answers parts of pages that poll until a worker is done."""

from flask import Response, make_response, request

STOP_POLLING = 286
"""htmx's own status: insert the answer and stop polling."""

NOTHING_NEW = 204
"""Leaves the page as it is: nothing flickers, and screen readers do not read it again."""


def is_already_shown(**now: object) -> bool:
    """Tell whether the page that polls shows these values already."""
    return all(request.args.get(name) == str(value) for name, value in now.items())


def partial_response(body: str, *, is_pending: bool) -> Response:
    """Answer with a part of a page; a final one stops the polling."""
    return make_response(body, 200 if is_pending else STOP_POLLING)


def nothing_new() -> Response:
    """Answer that nothing has changed."""
    return Response(status=NOTHING_NEW)
