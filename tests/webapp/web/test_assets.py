"""Vendored files are what their list says, and nothing else is there."""

import hashlib
from pathlib import Path

import webapp

VENDOR = Path(webapp.__file__).parent / "static" / "vendor"
UNLISTED = {"SHA256SUMS", "README.md"}


def test_every_vendored_file_has_its_checked_hash() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}

    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name not in UNLISTED
    }

    assert found == listed


def test_every_vendored_package_brings_its_licence() -> None:
    folders = [folder for folder in VENDOR.iterdir() if folder.is_dir()]

    assert folders
    assert all(list(folder.glob("LICENSE*")) for folder in folders)
