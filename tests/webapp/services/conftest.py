"""Gives service tests a world."""

from pathlib import Path
from typing import Any

import pytest

from tests.webapp.conftest import Database
from tests.webapp.world import Maker, World, make_world


@pytest.fixture
def make(database: Database, tmp_path: Path) -> Maker:
    """Return a function that makes worlds, with changed fields of the phase."""

    def _make(**changes: Any) -> World:
        return make_world(database, tmp_path, **changes)

    return _make


@pytest.fixture
def world(make: Maker) -> World:
    """Return a world with the default phase."""
    return make()
