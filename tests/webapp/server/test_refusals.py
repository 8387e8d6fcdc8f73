import json
from http import HTTPStatus

from webapp.server.refusals import plain_answer, refusal


def test_a_refusal_is_a_problem_that_closes() -> None:
    head, _, body = refusal(HTTPStatus.REQUEST_TIMEOUT).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"Connection: close" in head
    assert b"Content-Length: %d" % len(body) in head
    assert b"Retry-After" not in head
    problem = json.loads(body)
    assert (problem["status"], problem["errors"][0]["code"]) == (408, "request_timeout")


def test_whoever_finds_no_place_is_told_when_to_come_back() -> None:
    assert b"\r\nRetry-After: 5\r\n" in refusal(HTTPStatus.TOO_MANY_REQUESTS, 5)


def test_a_plain_answer_may_leave_its_body_out() -> None:
    answer = plain_answer(HTTPStatus.OK, {"status": "ok"}, keeps_alive=True, has_body=False)

    assert answer.endswith(b"\r\n\r\n")
    assert b"\r\nContent-Length: 17\r\n" in answer
    assert b"\r\nConnection: keep-alive\r\n" in answer
