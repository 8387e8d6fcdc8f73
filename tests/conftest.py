"""Fixtures that every package's tests may use."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

if not os.environ.get("CI"):  # there hypothesis has a profile of its own, without a clock too
    settings.register_profile(
        "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("untimed")


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
