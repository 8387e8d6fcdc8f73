"""The small service that tests of pages use, also for what pages and API share."""

from tests.webapp.web.conftest import template, world

__all__ = ["template", "world"]
