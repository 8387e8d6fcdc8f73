"""Finds the end of a request's head and has gunicorn's strict parser read it."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

# gunicorn has no type hints.
from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.http.message import Request  # type: ignore[import-untyped]
from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]

from webapp.server.incoming import Incoming
from webapp.server.limits import BUFFERED_BYTES

END = b"\r\n\r\n"
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
"""Every other error of gunicorn's parser is 400."""


class NotHttpError(Exception):
    """A head that is no HTTP; `status` is the answer."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """A request whose head has been read.

    Attributes
    ----------
    request : gunicorn's Request
        Its body is read from `incoming`.
    body_bytes : int
        Declared length; 0 for a chunked body, which the application refuses unread.
    """

    request: Any
    incoming: Incoming
    body_bytes: int
    waits_for_continue: bool

    @property
    def is_large(self) -> bool:
        """Tell whether the body is read by the thread of an upload."""
        return self.body_bytes > BUFFERED_BYTES

    def field(self, name: str) -> str:
        """Return a header field, repeated ones joined; empty without it."""
        return ",".join(value for key, value in self.request.headers if key == name)


def head_length(received: bytearray, searched: int) -> int | None:
    """Return the number of bytes that the head has; None while its end has not come.

    Parameters
    ----------
    searched : int
        Bytes that an earlier call has looked through.
    """
    end = received.find(END, max(0, searched - len(END) + 1))
    if end >= 0:
        return end + len(END)
    if _BARE_LINE_FEED.search(received, searched):
        return len(received)  # the head will never end as it should; the parser says so
    return None


def read_head(head: bytes, configuration: Any, peer: Any) -> Head:
    """Read a request's head.

    Raises
    ------
    NotHttpError
        If it is none.
    """
    incoming = Incoming(head)
    try:
        request = Request(configuration, SocketUnreader(incoming), peer)
    except (errors.ParseException, StopIteration) as error:
        status = STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)
        raise NotHttpError(status, type(error).__name__) from None
    lengths = [value for name, value in request.headers if name == "CONTENT-LENGTH"]
    length = int(lengths[0]) if lengths else 0  # gunicorn has refused what is not a number
    if length > BUFFERED_BYTES or any(name == "TRANSFER-ENCODING" for name, _ in request.headers):
        # Said in the answer: the client's next request on this connection would be lost.
        request.must_close = True
    waits_for_continue = bool(request._expected_100_continue)  # noqa: SLF001 - it has no other name
    request._expected_100_continue = False  # noqa: SLF001 - the loop says it, before the body
    return Head(request, incoming, length, waits_for_continue)
