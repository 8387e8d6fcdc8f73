from http import HTTPStatus

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped] # the package has no hints

from webapp.server.heads import NotHttpError, head_length, read_head

PEER = ("192.0.2.1", 5000)


@pytest.mark.parametrize(
    ("received", "searched", "length"),
    [
        (b"GET / HTTP/1.1\r\n", 0, None),
        (b"GET / HTTP/1.1\r\n\r\nrest", 0, 18),
        (b"GET / HTTP/1.1\r\n\r\n", 17, 18),
        (b"GET / HTTP/1.1\r\nA: b\r\n\r", 5, None),
        (b"GET / HTTP/1.1\r\n", 15, None),
        (b"GET / HTTP/1.1\n", 14, 15),
        (b"\n", 0, 1),
    ],
)
def test_a_head_ends_with_an_empty_line_however_it_comes(
    received: bytes, searched: int, length: int | None
) -> None:
    assert head_length(bytearray(received), searched) == length


def test_a_small_body_leaves_the_connection_open_and_a_large_one_does_not() -> None:
    small = read_head(b"POST / HTTP/1.1\r\nContent-Length: 65536\r\n\r\n", Config(), PEER)
    large = read_head(b"POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", Config(), PEER)

    assert (small.body_bytes, small.is_large, small.request.should_close()) == (65536, False, False)
    assert (large.body_bytes, large.is_large, large.request.should_close()) == (65537, True, True)


def test_a_chunked_body_is_nobodys_to_read() -> None:
    head = read_head(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", Config(), PEER)

    assert (head.body_bytes, head.request.should_close()) == (0, True)


def test_repeated_fields_are_joined() -> None:
    head = read_head(b"GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n", Config(), PEER)

    assert (head.field("A"), head.field("C")) == ("1,3", "")


def test_who_waits_for_leave_to_send_is_noted_and_gunicorn_gives_none() -> None:
    text = b"POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    head = read_head(text, Config(), PEER)

    assert head.waits_for_continue
    assert not head.request._expected_100_continue


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"nonsense\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", HTTPStatus.REQUEST_URI_TOO_LONG),
        (b"GET / HTTP/1.1\r\nExpect: gold\r\n\r\n", HTTPStatus.EXPECTATION_FAILED),
        (b"", HTTPStatus.BAD_REQUEST),
    ],
)
def test_what_is_no_http_has_its_status(head: bytes, status: HTTPStatus) -> None:
    with pytest.raises(NotHttpError) as caught:
        read_head(head, Config(), PEER)

    assert caught.value.status == status
