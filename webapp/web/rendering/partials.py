"""Parts of pages that ask for themselves until a worker is done: no answer twice, and an end."""

from flask import Response, make_response, request

STOP_POLLING = 286
"""htmx's own status: put the answer in and ask no more."""

NOTHING_NEW = 204
"""Leaves the page as it is, so that nothing flickers and nothing is read out again."""


def is_already_shown(**now: object) -> bool:
    """Tell whether the page that asks shows this very moment already."""
    return all(request.args.get(name) == str(value) for name, value in now.items())


def partial_response(body: str, *, is_pending: bool) -> Response:
    """Answer with a part of a page; what is final is asked for no more."""
    return make_response(body, 200 if is_pending else STOP_POLLING)


def nothing_new() -> Response:
    """Answer that the page may stay as it is."""
    return Response(status=NOTHING_NEW)
