"""Refuses unknown query parameters, and cuts lists into pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar

from flask import Flask, Response, current_app, request
from pydantic import BaseModel, ConfigDict, Field

from webapp.http.problems import ErrorItem, is_api_request, problem

LIMIT_DEFAULT = 50
LIMIT_MAX = 200

T = TypeVar("T")


class PageQuery(BaseModel):
    """Which part of a list to return."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=LIMIT_DEFAULT, ge=1, le=LIMIT_MAX, description="Items at most.")
    cursor: str | None = Field(
        default=None, pattern=r"^[0-9]{1,9}$", description="`next_cursor` of the page before."
    )

    @property
    def start(self) -> int:
        """Return how many items come before the page: the cursor counts them."""
        return int(self.cursor or 0)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One part of a list, and the cursor of the next part."""

    items: Sequence[T]
    next_cursor: str | None


def page_of(items: Sequence[T], query: PageQuery) -> Page[T]:
    """Return the requested part of a whole list."""
    return page_out_of(items[query.start : query.start + query.limit], len(items), query)


def page_out_of(items: Sequence[T], total: int, query: PageQuery) -> Page[T]:
    """Return a page of items that the database has cut out of ``total``."""
    end = query.start + query.limit
    return Page(items, str(end) if end < total else None)


def refuse_unknown_parameters(app: Flask) -> None:
    """Refuse unknown query parameters on every route of the API, with 400."""
    app.before_request(_refuse_unknown)


def _refuse_unknown() -> Response | None:
    if request.endpoint is None or not is_api_request():
        return None
    unknown = sorted(set(request.args) - _declared_parameters())
    if not unknown:
        return None
    errors = tuple(
        ErrorItem("unknown_parameter", f"There is no query parameter {name!r} here.")
        for name in unknown
    )
    return problem(HTTPStatus.BAD_REQUEST, "unknown_parameter", "Unknown query parameter", errors)


def _declared_parameters() -> set[str]:
    """Return the parameters that the route declares to APIFlask."""
    view = current_app.view_functions[request.endpoint or ""]
    declared: dict[str, list[tuple[type[BaseModel], str]]] = getattr(view, "_spec", {})
    return {
        name
        for model, location in declared.get("args", [])
        if location == "query"
        for name in model.model_fields
    }
