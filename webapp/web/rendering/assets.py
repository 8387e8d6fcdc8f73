"""Adds a digest to the addresses of static files, so that no cache mixes two versions."""

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask

DIGEST_LENGTH = 12


def version_addresses(app: Flask) -> None:
    """Add the digest of all static files to their addresses, so that caches may keep files."""
    digest = _digest(Path(app.static_folder or ""))

    @app.url_defaults
    def add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("v", digest)


def _digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    contents = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)
    return hashlib.sha256(contents).hexdigest()[:DIGEST_LENGTH]
