"""Gives tests of what pages and API share a small service, and the lines that it logs."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.webapp.people import World
from tests.webapp.web.conftest import template, world
from webapp.processes.logs import configure_logs
from webapp.settings import LogFormat

__all__ = ["template", "world"]

Lines = list[dict[str, Any]]


class Log:
    """Reads the lines that were written since it was last asked."""

    def __init__(self, written: io.StringIO) -> None:
        self._written = written

    def lines(self, event: str = "") -> Lines:
        """Return the lines of an event, or all of them."""
        lines: Lines = [json.loads(line) for line in self._written.getvalue().splitlines()]
        self._written.truncate(self._written.seek(0))
        return [line for line in lines if event in {"", line["event"]}]

    def text(self) -> str:
        """Return all that was written since lines were last asked for."""
        return self._written.getvalue()

    def answered(self) -> dict[str, Any]:
        """Return the only access line."""
        (line,) = self.lines("request answered")
        return line


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    root, trace = logging.getLogger(), logging.getLogger("celery.app.trace")
    handlers, level, filters = root.handlers[:], root.level, trace.filters[:]
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logs(LogFormat.JSON)
    yield Log(written)
    root.handlers[:], trace.filters[:] = handlers, filters
    root.setLevel(level)


class WholeClient(FlaskClient):
    """A client that reads every answer to its end, as one on the network does."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        """Send a request and read the whole answer."""
        return super().open(*arguments, **{"buffered": True, **options})


@pytest.fixture
def client(world: World) -> FlaskClient:
    world.app.test_client_class = WholeClient
    return world.app.test_client()
