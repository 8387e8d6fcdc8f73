"""Builds the real truth, once a session, where the real data are present."""

import json
from pathlib import Path

import pytest

from ground_truth.types import GroundTruth
from ground_truth.versions.build import build_camelyon16, build_camelyon17
from ground_truth.versions.version import case_list, load_truth
from tests.builders import camelyon16_folder as small_camelyon16_folder


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


@pytest.fixture(scope="session")
def truth_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small synthetic truth version."""
    source = small_camelyon16_folder(tmp_path_factory.mktemp("source") / "camelyon16")
    root = tmp_path_factory.mktemp("truth")
    return root / build_camelyon16(source, root)


@pytest.fixture(scope="session")
def cases_file(truth_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the case list of the small synthetic truth."""
    path = tmp_path_factory.mktemp("cases") / "cases.json"
    path.write_text(json.dumps(case_list(load_truth(truth_folder)).to_json()))
    return path
