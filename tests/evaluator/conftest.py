"""The real truth, built once a session where the real data are present."""

from pathlib import Path

import pytest

from ground_truth.build import build_camelyon16, build_camelyon17
from ground_truth.types import GroundTruth
from ground_truth.version import load_truth


@pytest.fixture(scope="session")
def camelyon16_folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the CAMELYON16 test set's truth version."""
    root = tmp_path_factory.mktemp("truth16")
    return root / build_camelyon16(shared / "data" / "camelyon16", root)


@pytest.fixture(scope="session")
def camelyon16(camelyon16_folder: Path) -> GroundTruth:
    """Return the truth of the CAMELYON16 test set."""
    return load_truth(camelyon16_folder)


@pytest.fixture(scope="session")
def camelyon17_folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the CAMELYON17 training set's truth version."""
    root = tmp_path_factory.mktemp("truth17")
    return root / build_camelyon17(shared / "data" / "camelyon17", root)


@pytest.fixture(scope="session")
def camelyon17(camelyon17_folder: Path) -> GroundTruth:
    """Return the truth of the CAMELYON17 training set."""
    return load_truth(camelyon17_folder)
