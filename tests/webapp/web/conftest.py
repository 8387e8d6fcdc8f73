"""Gives tests of pages a small service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webapp.people import World, make_world


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(tmp_path: Path, template: World) -> Iterator[World]:
    made = make_world(tmp_path, template=template)
    yield made
    made.close()
