"""Which lines of a long list a page holds, and which addresses name a page."""

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

from webapp.web.rendering.pages import ListPage, asked_page, existing_page, lines_before


@pytest.mark.parametrize(
    ("number", "total", "last", "lines"),
    [
        (1, 0, 1, range(1, 1)),
        (1, 1, 1, range(1, 2)),
        (1, 50, 1, range(1, 51)),
        (1, 51, 2, range(1, 51)),
        (2, 51, 2, range(51, 52)),
        (3, 120, 3, range(101, 121)),
    ],
)
def test_a_page_has_fifty_lines_and_the_last_one_the_rest(
    number: int, total: int, last: int, lines: range
) -> None:
    page = existing_page(number, total)

    assert page == ListPage(number, total)
    assert (page.last, page.lines) == (last, lines)


def test_lines_before_a_page_are_those_of_the_pages_before() -> None:
    assert [lines_before(number) for number in (1, 2, 3)] == [0, 50, 100]


@pytest.mark.parametrize(("number", "total"), [(2, 0), (2, 50), (4, 150), (999_999, 120)])
def test_there_is_nothing_behind_the_last_page(number: int, total: int) -> None:
    with pytest.raises(NotFound):
        existing_page(number, total)


@pytest.mark.parametrize(
    ("address", "number"), [("/", 1), ("/?page=1", 1), ("/?page=07", 7), ("/?page=2&page=3", 2)]
)
def test_an_address_names_a_page(address: str, number: int) -> None:
    with Flask(__name__).test_request_context(address):
        assert asked_page() == number


@pytest.mark.parametrize(
    "text", ["", "0", "000", "-1", "+1", "1.0", "1e3", "x", "٣", "²", "1234567"]
)
def test_what_is_no_number_of_a_page_is_not_there(text: str) -> None:
    with (
        Flask(__name__).test_request_context("/", query_string={"page": text}),
        pytest.raises(NotFound),
    ):
        asked_page()
