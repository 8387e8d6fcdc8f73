"""Checks that vendored files are those of their list, and that there are no others."""

import hashlib
from pathlib import Path

from flask import Flask, url_for

import webapp
from webapp.web.rendering.assets import version_addresses

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


def test_a_changed_file_changes_the_address_of_every_file(tmp_path: Path) -> None:
    addresses = []
    for content in ("a {}", "a {}", "b {}"):
        (tmp_path / "app.css").write_text(content)
        app = Flask("test", static_folder=str(tmp_path), static_url_path="/static")
        version_addresses(app)
        with app.test_request_context():
            addresses.append(url_for("static", filename="app.css"))

    assert addresses[0] == addresses[1] != addresses[2]
    assert addresses[0].startswith("/static/app.css?v=")
