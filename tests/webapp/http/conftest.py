"""Gives tests of what pages and API share a small service."""

from tests.webapp.web.conftest import template, world

__all__ = ["template", "world"]
