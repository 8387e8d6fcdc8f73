"""Gives the address of every static file a digest, so that a new version is never met half."""

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask

DIGEST_LENGTH = 12


def version_addresses(app: Flask) -> None:
    """Add the digest of all static files to their addresses: caches may keep the old ones."""
    digest = _digest(Path(app.static_folder or ""))

    @app.url_defaults
    def add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("v", digest)


def _digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    contents = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)
    return hashlib.sha256(contents).hexdigest()[:DIGEST_LENGTH]
