"""Fixtures that every package's tests may use."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data and oracles beside the repository, or skip.

    ``CAMELYON_SHARED`` names another place. In CI the folder is required: a missing one fails.
    """
    folder = Path(os.environ.get("CAMELYON_SHARED", ROOT.parent / "shared"))
    if folder.is_dir():
        return folder
    reason = f"no folder of real data and oracles at {folder}; set CAMELYON_SHARED"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
