"""Says which part of a long list a page shows, and where the parts beside it are."""

from dataclasses import dataclass

from flask import abort, request

PAGE_SIZE = 50
"""Lines of a list on one page, as many as the API gives by default."""

_DIGITS_OF_NUMBER = 6


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list of ``total`` lines; pages are counted from 1, and there is always one."""

    number: int
    total: int

    @property
    def last(self) -> int:
        """Return the number of the last page."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def lines(self) -> range:
        """Return the numbers of the lines on this page, counted from 1."""
        return range(lines_before(self.number) + 1, min(self.number * PAGE_SIZE, self.total) + 1)


def asked_page() -> int:
    """Return the number of the page that the address asks for; 404 for what is no number."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_OF_NUMBER and int(text)):
        abort(404)
    return int(text)


def lines_before(number: int) -> int:
    """Return how many lines of the list come before a page."""
    return (number - 1) * PAGE_SIZE


def existing_page(number: int, total: int) -> ListPage:
    """Return a page of a list of so many lines; 404 for one behind the last."""
    page = ListPage(number, total)
    if number > page.last:
        abort(404)
    return page
